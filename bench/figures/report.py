"""docs/benchmarks.md and docs/pictures/benchmarks.svg from what was measured."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.figures.plot import NAMES, svg
from bench.measuring.measure import Results, Series, ratio
from bench.operations import ENGINES, LIMIT, OPERATIONS, OURS, POSTGRAPHILE, READS, REFERENCE

DOCS = Path(__file__).parents[2] / "docs"
_INTRO = (Path(__file__).parent / "method.md").read_text("utf-8")


def write(kept: Mapping[str, Any]) -> None:
    """Write page and plot. kept: form -> what it measured; other sections of the page stay."""
    page = DOCS / "benchmarks.md"
    sections = _sections(page.read_text("utf-8"))
    for form, (name, tell) in _SECTIONS.items():
        if form in kept:
            found = kept[form]
            sections[name] = "\n".join([_heading(name, found), *tell(found)])
    page.write_text("\n".join([_INTRO, *sections.values()]), "utf-8")
    if "compare" in kept:
        found = kept["compare"]
        (DOCS / "pictures" / "benchmarks.svg").write_text(
            _plot(found, Results.read(found)), "utf-8"
        )


def _sections(page: str) -> dict[str, str]:
    """Return name -> text, heading included."""
    found = (f"## {it.rstrip()}\n" for it in page.split("\n## ")[1:])
    return {it.removeprefix("## ").partition("\n")[0]: it for it in found}


def _heading(name: str, found: Mapping[str, Any]) -> str:
    versions = ", ".join(
        f"{what} {which}" for what, which in found["machine"].items() if what != "machine"
    )
    return f"## {name}\n\n{found['date']}; {found['machine']['machine']}; {versions}.\n"


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _comparison(found: Mapping[str, Any]) -> Iterator[str]:
    results = Results.read(found)
    yield _how(found)
    for processes in sorted({it.processes for it in results.series}):
        yield f"### {processes} process{'es' if processes > 1 else ''} of each engine\n"
        yield from _tables(results, processes, ENGINES)
    yield "### Statements of a request and values of its answer\n"
    yield _table(["operation", "values", *(NAMES[it] for it in ENGINES)], _statements(found))
    yield "Writes: BEGIN, COMMIT and what enters the wall are counted too.\n"
    yield "### Memory of one process (MB)\n"
    yield _table(
        ["engine", "processes", "started", "after 1 min of load", "at the end", "load (s)"],
        _memory(results),
    )
    busiest = max(it.busy for series in results.series for it in series.rounds)
    yield f"The load generator took at most {busiest:.0%} of one core.\n"


def _loads(found: Mapping[str, Any]) -> Iterator[str]:
    yield _how(found)
    yield from _tables(Results.read(found), 1, (OURS, LIMIT))


def _how(found: Mapping[str, Any]) -> str:
    size = found["size"]
    return (
        f"{size['merchants'] * size['orders']:,} orders of {size['merchants']} merchants;"
        f" {found['plan']['rounds']} rounds of {found['plan']['seconds']:g} s in turn. Requests per"
        " second: the median of the rounds, and the least and the most.\n"
    )


def _tables(results: Results, processes: int, engines: Sequence[str]) -> Iterator[str]:
    """Give requests per second and times of so many processes."""
    over = {it: name for it, name in _OVER.items() if it in engines}
    heads = ["operation", "connections", *(NAMES[it] for it in engines)]
    found = list(_of_loads(results, processes))
    yield _table(
        [*heads, *over.values()],
        (
            [
                *about,
                *(_spread(of.get(it)) for it in engines),
                *(f"{ratio(of[OURS], of[it]):.2f}" if it in of else "" for it in over),
            ]
            for *about, of in found
        ),
    )
    yield (
        "Time of a request in ms: half of all requests take at most the first figure, 99 of 100 at"
        " most the second; medians of the rounds.\n"
    )
    yield _table(heads, ([*about, *(_times(of.get(it)) for it in engines)] for *about, of in found))


_OVER = {
    REFERENCE: "Abruf / graphql-core",
    POSTGRAPHILE: "Abruf / PostGraphile",
    LIMIT: "Abruf / limit",
}


def _of_loads(results: Results, processes: int) -> Iterator[tuple[str, str, Mapping[str, Series]]]:
    """Give each operation and number of connections, with engine -> its series."""
    loads = sorted({it.connections for it in results.series if it.processes == processes})
    for name in OPERATIONS:
        for connections in loads:
            yield name, str(connections), results.find(processes, connections, name)


def _times(series: Series | None) -> str:
    if series is None:
        return ""
    half, most = (
        statistics.median(getattr(it, name) for it in series.rounds) for name in ("median", "p99")
    )
    return f"{half:,.1f} / {most:,.1f}"


def _spread(series: Series | None) -> str:
    if series is None:
        return ""
    most, least = max(series.throughput), min(series.throughput)
    return f"{statistics.median(series.throughput):,.0f} ({least:,.0f}–{most:,.0f})"  # noqa: RUF001


def _statements(found: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    for name, known in found["checked"].items():
        counts = [known["statements"].get(it) for it in ENGINES]
        values = "" if known["leaves"] is None else f"{known['leaves']:,}"
        yield [name, values, *("" if it is None else f"{it:g}" for it in counts)]


def _memory(results: Results) -> Iterator[Sequence[str]]:
    for each in results.memory:
        minute = "" if each.minute is None else f"{each.minute:.0f}"
        weights = (f"{each.start:.0f}", minute, f"{each.end:.0f}", f"{each.loaded:.0f}")
        yield [NAMES[each.engine], str(each.processes), *weights]


def _growth(found: Mapping[str, Any]) -> Iterator[str]:
    small, large = (f"{it['merchants'] * it['orders']:,}" for it in found["sizes"])
    yield "Median time of a request on one connection, in ms, measured in turn.\n"
    yield _table(
        ["operation", "engine", f"{small} orders", f"{large} orders", "growth"],
        (
            [name, NAMES[engine], *(f"{it:.2f}" for it in pair), f"{pair[1] / pair[0]:.2f}"]
            for name, of in found["medians"].items()
            for engine, pair in of.items()
        ),
    )


def _fair(found: Mapping[str, Any]) -> Iterator[str]:
    yield (
        "*one* asked by one key on one connection, in ms, alone and while another merchant's key"
        " sends all that it may on ten connections: documents that lead back up, documents that"
        " nobody has seen, refused ones of 15 kB, 25 aliased counts, answers of the largest page,"
        " and writes: imports of 10,000 lines, 250 documents, events or products at once.\n"
    )
    yield _table(
        ["storm", "median", "p99", "requests", "of the storm", "memory (MB)"],
        (
            [name, *(str(of.get(it, "")) for it in ("median", "p99", "sent", "storm", "memory"))]
            for name, of in found["summary"].items()
        ),
    )


def _schedule(found: Mapping[str, Any]) -> Iterator[str]:
    shape, file = found["shape"], found["summary"]["file"]
    yield (
        f"A customer's schedule of {shape['articles']} articles at {shape['places']} places in"
        f" {shape['buckets']} weeks: {shape['lines']:,} lines, one DELFOR message of"
        f" {file['megabytes']} MB, taken in as a folder's files"
        f" are: {file['seconds']} s, {file['statements']:,} statements, and at most"
        f" {file['memory']} MB of memory, {file['memory_before']} MB of them from before.\n"
    )
    yield (
        "Then `demand` in pages of 50, on one connection, in ms: of the customer from the first"
        " line on, from the middle on, and only what is open, and of one of its contract lines."
        f" The server takes {found['summary']['memory']} MB at the end.\n"
    )
    yield _table(
        ["page", "median", "p99", "requests", "statements"],
        (
            [name, *(str(of[it]) for it in ("median", "p99", "sent", "statements"))]
            for name, of in found["summary"]["demand"].items()
        ),
    )


def _tell(found: Mapping[str, Any]) -> Iterator[str]:
    summary = found["summary"]
    yield (
        f"A follower without effect is told of {found['events']:,} events of one merchant, page by"
        " page, each with its position in one transaction; beside it a bare loop that reads the"
        f" same rows on one connection. CPU of the process: {summary['ratio']} times the bare"
        " loop's.\n"
    )
    yield _table(
        ["", "events a second", "µs of CPU an event"],
        (
            [name, f"{summary[of]['events_a_second']:,}", str(summary[of]["cpu"])]
            for name, of in (("bare", "bare"), ("follower", "told"))
        ),
    )
    yield (
        "From a commit in one process to what a worker's follower hears in another, by a hint:"
        f" median {summary['soon']['median']} ms, p99 {summary['soon']['p99']} ms.\n"
    )


def _deliver(found: Mapping[str, Any]) -> Iterator[str]:
    summary = found["summary"]
    yield (
        f"One worker sends {found['events']:,} events of one merchant to one endpoint on this"
        " machine, each signed, noted before and after, and in its object's order; beside it a bare"
        " loop that reads the same rows and posts them by the same HTTP client. CPU of the process:"
        f" {summary['ratio']} times the bare loop's.\n"
    )
    yield _table(
        ["", "events a second", "µs of CPU an event"],
        (
            [name, f"{summary[of]['events_a_second']:,}", str(summary[of]["cpu"])]
            for name, of in (("bare", "bare"), ("webhooks", "sent"))
        ),
    )


def _hear(found: Mapping[str, Any]) -> Iterator[str]:
    summary = found["summary"]
    yield (
        f"{found['subscribers']:,} streams (SSE) of one server follow `changed`; what happens is"
        " read from the journal once for all of them, and answered to each by statements of its"
        f" own. CPU of the server: {summary['cpu']} µs for each event and subscriber; the last one"
        f" has it after {summary['seconds']} s.\n"
    )


def _soak(found: Mapping[str, Any]) -> Iterator[str]:
    memory = found["summary"]
    yield (
        f"One process of Abruf, all operations in turn on 8 connections: {memory['after_a_minute']}"
        f" MB after one minute, {memory['at_the_end']} MB after {memory['minutes']:g} minutes:"
        f" {memory['growth']:.2f} times.\n"
    )


_SECTIONS = {
    "compare": ("Comparison", _comparison),
    "loads": ("Connections", _loads),
    "growth": ("Growth", _growth),
    "fair": ("Fairness", _fair),
    "soak": ("Memory under load", _soak),
    "schedule": ("Schedules", _schedule),
    "tell": ("Followers", _tell),
    "deliver": ("Webhooks", _deliver),
    "hear": ("Subscribers", _hear),
}
"""Form -> the name of its section, and what writes it."""


def _plot(found: Mapping[str, Any], results: Results) -> str:
    series = {it.name: results.find(1, 8, it.name) for it in READS}
    caption = f"8 connections, one process each, {found['machine']['machine']}, {found['date']}"
    return svg(series, caption)
