"""DELFOR, DELJIT and VDA 4905: each article becomes a release, or a finding that says why not."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from commands.messages.readers.declared import Incoming, MessageBytes
from commands.messages.readers.resolving import Resolving, known_of_partner, type_of
from commands.messages.readers.whole import left_standing, places_of
from commands.trade.releases.accounts.account import ReleasePlace
from commands.trade.releases.inputs import RecordedRelease, ReleasesRecord
from commands.trade.releases.record import record_all
from commands.writing.rows import write_rows
from commands.writing.transaction import Writing
from kit.errors import Code, Refused
from kit.ids import new_id
from kit.inputs import LARGEST_BULK
from kit.standards.edifact.faults import Fault, Finding
from kit.standards.schedules import vda
from kit.standards.schedules.edifact import read_in_steps
from kit.standards.schedules.messages import ArticleSchedule, ScheduleMessage
from models.messages.interchanges import MessageRelease
from models.trade.releases.words import ReleaseState

_Pair = tuple[ArticleSchedule, RecordedRelease]


async def take(writing: Writing, incoming: Incoming) -> Sequence[Finding]:
    """Take a schedule message in; returns what of it was not understood, or is not in force.

    An article that is not understood as a whole, that names nothing of ours or that is refused
    stops no other; one that the message has brought already, when it was read before, is left.
    Refused: INVALID for a partner that is no party, and for a function (1225) of which nobody knows
    what it replaces.
    """
    habits = incoming.partner.habits
    (message,) = await writing.beside.items(
        read_in_steps(incoming.content, incoming.message.type, habits)
    )
    return await _take(writing, incoming, message)


def transmission_of(it: MessageBytes) -> Iterator[tuple[ScheduleMessage, Sequence[Finding]] | None]:
    """Give what the records of a transmission say, and pauses before it."""
    for message in vda.transmissions_in_steps(it.content):
        yield None if message is None else (message, ())


async def take_transmission(writing: Writing, incoming: Incoming) -> Sequence[Finding]:
    """Take a transmission of VDA 4905 in, as `take` does. Refused: as that."""
    return await _take(writing, incoming, incoming.content)


async def _take(
    writing: Writing, incoming: Incoming, message: ScheduleMessage
) -> Sequence[Finding]:
    if message.function is None:
        raise Refused(Code.INVALID, "Nobody says what this message replaces (BGM 1225).")
    known = await known_of_partner(writing, incoming.partner, message)
    findings = [*message.findings, *(it for each in message.articles for it in each.findings)]
    every = await _releases(writing, known, message, findings)
    brought = await places_of(writing, incoming.message.id)
    pairs = [it for it in every if ReleasePlace.of(it[1]) not in brought]
    results = await _record(writing, incoming, [release for _, release in pairs])
    for (article, _), result in zip(pairs, results, strict=True):
        findings += [_finding(article, it) for it in result["problems"]]
        findings += _not_in_force(article, result)
    if message.function == "WHOLE":
        named = {ReleasePlace.of(release) for _, release in every}
        findings += await _end_others(writing, incoming, known, message, named, findings)
    return findings


async def _record(
    writing: Writing, incoming: Incoming, releases: Sequence[RecordedRelease]
) -> Sequence[Mapping[str, Any]]:
    """Record releases as what a message brought; returns what became of each."""
    message, found = incoming.message, list[Mapping[str, Any]]()
    for start in range(0, len(releases), LARGEST_BULK):
        command = ReleasesRecord(releases=list(releases[start : start + LARGEST_BULK]))
        found += (await record_all(writing, command))["results"]
    own = {"merchant_id": message.merchant_id, "message_id": message.id}
    brought = [it["release_id"] for it in found if it["release_id"] is not None]
    links = [own | {"id": new_id(), "release_id": it} for it in brought]
    if links:
        await write_rows(writing, {MessageRelease: links})
    return found


async def _end_others(
    writing: Writing,
    incoming: Incoming,
    known: Resolving,
    message: ScheduleMessage,
    named: Collection[ReleasePlace],
    findings: Sequence[Finding],
) -> Sequence[Finding]:
    """End what a message replaces without naming it, unless something of it was not understood."""
    places = await left_standing(writing, incoming.partner.id, type_of(message), named)
    if not places:
        return []
    if any(it.is_error for it in findings):
        text = "What it does not name stands as it was: not all of it was taken in."
        return [Finding(Fault.INVALID_VALUE, text, 0, "BGM", 2)]
    ended = [RecordedRelease.read(known.ending(it, message)) for it in places]
    return [
        Finding(Fault.INVALID_VALUE, f"{problem.code}: {problem.message}", 0, "BGM", 2)
        for result in await _record(writing, incoming, ended)
        for problem in result["problems"]
    ]


async def _releases(
    writing: Writing, known: Resolving, message: ScheduleMessage, findings: list[Finding]
) -> Sequence[_Pair]:
    """Return what is to be recorded of each article; what does not resolve is added to findings."""
    found = list[_Pair]()
    for article in message.articles:
        if not article.is_whole:
            continue
        await writing.room(1 + len(article.lines))
        try:
            found.append((article, RecordedRelease.read(known.values(message, article))))
        except Refused as refused:
            findings += [_finding(article, it) for it in refused.problems]
    return found


def _not_in_force(article: ArticleSchedule, result: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield that a release was taken in and is not in force."""
    state = result.get("state", ReleaseState.ACTIVE)
    if state is not ReleaseState.ACTIVE:
        waiting = ", ".join(result["waiting"])
        why = f"it waits for consent to {waiting}" if waiting else "a newer one was there already"
        text = f"{', '.join(article.articles.values())}: its release is {state.value}: {why}."
        yield Finding(Fault.NOT_IN_FORCE, text, article.offset, article.tag, article.segment)


def _finding(article: ArticleSchedule, problem: Any) -> Finding:
    named = ", ".join(article.articles.values())
    path = ".".join(map(str, problem.path))
    text = f"{named}: {problem.code}: {problem.message}" + (f" ({path})" if path else "")
    return Finding(Fault.INVALID_VALUE, text, article.offset, article.tag, article.segment)
