"""The forms of the benchmark: the comparison, how time grows with the data, memory under load."""

import asyncio
import statistics
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from typing import Any

import orjson

from bench import data, engines
from bench.data import Size, plain
from bench.engines import Engine, node
from bench.measuring.check import Checked, checked
from bench.measuring.load import Load, measured
from bench.measuring.measure import Bench, Plan, Results, ratio
from bench.measuring.requests import Request, Subjects, requests, subjects
from bench.operations import ENGINES, LIMIT, LIMITED, OPERATIONS, OURS, POSTGRAPHILE, REFERENCE
from bench.operations.storms import STORMS, writes
from bench.progress import Progress, say
from kit.embedded import Server

QUICK = Plan(Size(5, 1000), (1,), (8,), rounds=3, seconds=0.7, warm=0.2)
LOADS = Plan(Size(50, 400), (1,), (1, 8, 64), rounds=5, seconds=1.0, warm=0.3)
"""Abruf beside the limit only, under each number of connections: some minutes."""
TARGET_LOAD = (1, 8)
"""Processes and connections of the targets and of the summary."""
GROWS = ("list", "one")
_FAIR_S, _FAIR_WARM_S, _PAUSE_S = 10.0, 2.0, 0.04
_ROUNDS, _SECONDS, _WARM, _TURN_S, _MINUTE_S = 7, 2.0, 0.5, 5.0, 60.0


def full(scale: float, rounds: int) -> Plan:
    """Return the whole comparison: about half an hour with five rounds."""
    return Plan(Size.of(scale), (1, 2), (1, 8, 64), rounds=rounds, seconds=2.0, warm=0.5)


def _names() -> list[str]:
    return [it for it in ENGINES if it != POSTGRAPHILE or node.is_installed()]


async def compare(server: Server, plan: Plan, names: Sequence[str] | None = None) -> dict[str, Any]:
    """Compare engines, all that there are unless named, in every operation under every load."""
    names = names or _names()
    await data.kept(server, plan.size, plan.size.name)
    async with data.copied(server, plan.size.name) as copy:
        whom, url = await subjects(copy), plain(copy.app_url)
        say("Comparing the answers and counting statements.")
        known = await checked(url, whom, list(OPERATIONS.values()), names)
        results = await Bench(plan, whom, names, url).run()
    return {
        "size": asdict(plan.size),
        "plan": {"rounds": plan.rounds, "seconds": plan.seconds},
        "checked": {name: asdict(it) for name, it in known.items()},
        **asdict(results),
        "summary": _summary(results, known),
    }


def _summary(results: Results, known: Mapping[str, Checked]) -> dict[str, Any]:
    """Return, for each operation, our ratios and statements; None was not measured."""
    summary: dict[str, Any] = {}
    for name in OPERATIONS:
        series = results.find(*TARGET_LOAD, name)
        summary[name] = {
            f"over_{other}": round(ratio(series[OURS], series[other]), 2)
            if other in series
            else None
            for other in (REFERENCE, POSTGRAPHILE, LIMIT)
        }
        summary[name]["statements"] = round(known[name].statements[OURS])
    return summary


async def growth(server: Server, scale: float) -> dict[str, Any]:
    """Time reads on one connection, at the scale and at ten times the scale, in turn."""
    sizes, names = (Size.of(scale), Size.of(10 * scale)), [it for it in _names() if it != REFERENCE]
    for size in sizes:
        await data.kept(server, size, size.name)
    async with AsyncExitStack() as stack:
        sides: list[tuple[Subjects, dict[str, Engine]]] = []
        for size in sizes:
            url = data.elsewhere(server.owner_url, size.name)
            there = Server(url, data.elsewhere(server.app_url, size.name))
            whom, urls = await subjects(there), dict.fromkeys(names, plain(there.app_url))
            running = engines.running(urls, str(whom.reader.id), 1)
            sides.append((whom, await stack.enter_async_context(running)))
        times = {
            name: {
                engine: [await _pair(sides, name, engine) for _ in range(_ROUNDS)]
                for engine in names
            }
            for name in GROWS
        }
    medians = {
        name: {
            engine: [statistics.median(side) for side in zip(*rounds, strict=True)]
            for engine, rounds in of.items()
        }
        for name, of in times.items()
    }
    summary = {
        name: {engine: round(large / small, 2) for engine, (small, large) in of.items()}
        for name, of in medians.items()
    }
    return {"sizes": [asdict(it) for it in sizes], "medians": medians, "summary": summary}


async def _pair(sides: Any, name: str, engine: str) -> list[float]:
    """Return the median time (ms) of a request, with the small data and with the large."""
    found = []
    for whom, running in sides:
        made = [it.wire for it in requests(whom, OPERATIONS[name], engine)]
        load = Load(running[engine].ports, made, 1, _SECONDS, _WARM)
        found.append((await measured(load)).median)
    return found


async def fair(server: Server) -> dict[str, Any]:
    """Time one key's reads alone, then while another merchant's key sends a storm."""
    await data.kept(server, QUICK.size, QUICK.size.name)
    async with data.copied(server, QUICK.size.name) as copy:
        whom, url = await subjects(copy), plain(copy.app_url)
        reads = [it.wire for it in requests(whom, OPERATIONS["one"], OURS)]
        summary: dict[str, Any] = {}
        storms = {**STORMS, **writes(whom.merchants[1].tracking_numbers)}
        for name, body in {"idle": None, **storms}.items():
            # A server of its own, so that each storm finds a full bucket and nothing planned.
            async with engines.running({LIMITED: url}, str(whom.reader.id), 1) as running:
                ports = running[LIMITED].ports
                loads = [measured(Load(ports, reads, 1, _FAIR_S, _FAIR_WARM_S, pause=_PAUSE_S))]
                if body:
                    text = orjson.dumps(body).decode()
                    wire = Request("/graphql", whom.merchants[1].token, text).wire
                    seconds = _FAIR_S + 2 * _FAIR_WARM_S
                    loads.append(measured(Load(ports, [wire], 10, seconds, 0, storm=True)))
                innocent, *storm = await asyncio.gather(*loads)
                memory = await running[LIMITED].memory()
            times = {"median": round(innocent.median, 1), "p99": round(innocent.p99, 1)}
            sent = {"storm": storm[0].sent} if storm else {}
            summary[name] = {**times, "sent": innocent.sent, **sent, "memory": round(memory, 1)}
            say(f"{name}: {summary[name]}")
    return {"size": asdict(QUICK.size), "seconds": _FAIR_S, "summary": summary}


async def soak(server: Server, scale: float, seconds: float) -> dict[str, Any]:
    """Weigh our server under all operations in turn: after a minute, and at the end."""
    size = Size.of(scale)
    await data.kept(server, size, size.name)
    async with data.copied(server, size.name) as copy:
        whom, url = await subjects(copy), plain(copy.app_url)
        async with engines.running({OURS: url}, str(whom.reader.id), 1) as running:
            engine, sent, weights = running[OURS], dict.fromkeys(OPERATIONS, 0), list[float]()
            turns = round(seconds / _TURN_S)
            progress = Progress("Soaking", turns)
            for count in range(turns):
                name = list(OPERATIONS)[count % len(OPERATIONS)]
                made = [it.wire for it in requests(whom, OPERATIONS[name], OURS)]
                load = Load(engine.ports, made, TARGET_LOAD[1], _TURN_S, 0, sent[name])
                sent[name] += (await measured(load)).sent
                weights.append(await engine.memory())
                progress.step(name)
    minute = weights[min(len(weights), round(_MINUTE_S / _TURN_S)) - 1]
    summary = {"after_a_minute": round(minute, 1), "at_the_end": round(weights[-1], 1)}
    summary |= {"growth": round(weights[-1] / minute, 3), "minutes": round(seconds / 60, 1)}
    return {"size": asdict(size), "weights": weights, "summary": summary}
