"""DELFOR and DELJIT: each article becomes a release, or a finding that says why not."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from commands.messages.readers.declared import Incoming
from commands.messages.readers.resolving import Resolving, known_of_partner
from commands.trade.releases.inputs import RecordedRelease, ReleasesRecord
from commands.trade.releases.record import record_all
from commands.writing.transaction import Writing
from kit.errors import Code, Refused
from kit.inputs import LARGEST_BULK
from kit.standards.edifact.faults import Fault, Finding
from kit.standards.schedules.edifact import read_in_steps
from kit.standards.schedules.messages import ArticleSchedule, ScheduleMessage
from models.trade.releases.words import ReleaseState

_Pair = tuple[ArticleSchedule, RecordedRelease]


async def take(writing: Writing, incoming: Incoming) -> Sequence[Finding]:
    """Take a schedule message in; returns what of it was not understood, or is not in force.

    An article that is not understood as a whole, that names nothing of ours or that is refused
    stops no other. Refused: INVALID for a partner that is no party, and for a function (1225) of
    which nobody knows what it replaces.
    """
    habits = incoming.partner.habits
    (message,) = await writing.beside.items(
        read_in_steps(incoming.content, incoming.message.type, habits)
    )
    if message.function is None:
        raise Refused(Code.INVALID, "Nobody says what this message replaces (BGM 1225).")
    known = await known_of_partner(writing, incoming.partner, message)
    findings = [*message.findings, *(it for each in message.articles for it in each.findings)]
    pairs = await _releases(writing, known, message, findings)
    remaining = iter(pairs)
    while some := list(islice(remaining, LARGEST_BULK)):
        command = ReleasesRecord(releases=[release for _, release in some])
        outcome = await record_all(writing, command)
        for (article, _), result in zip(some, outcome["results"], strict=True):
            findings += [_finding(article, it) for it in result["problems"]]
            findings += _not_in_force(article, result)
    return findings


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
        yield Finding(Fault.NOT_IN_FORCE, text, article.offset, "LIN", article.segment)


def _finding(article: ArticleSchedule, problem: Any) -> Finding:
    named = ", ".join(article.articles.values())
    path = ".".join(map(str, problem.path))
    text = f"{named}: {problem.code}: {problem.message}" + (f" ({path})" if path else "")
    return Finding(Fault.INVALID_VALUE, text, article.offset, "LIN", article.segment)
