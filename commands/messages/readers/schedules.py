"""Schedules that customers send: each article becomes a release, or a finding that says why not.

They are taken in portion by portion, so that a message may have any number of articles: what is
held of it are one portion, which places it named, and as many findings as are kept.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from commands.messages.readers.declared import Incoming, Reading
from commands.messages.readers.joined import (
    HeldDeliveries,
    NamedTwice,
    SentSchedule,
    are_too_many,
    joined_release,
)
from commands.messages.readers.resolving import Resolving, known_of_partner, release_type
from commands.messages.readers.whole import (
    begun_again,
    left_standing,
    places_of,
    transmitted_for,
)
from commands.trade.releases.accounts.account import ReleasePlace
from commands.trade.releases.inputs import RecordedRelease, ReleasesRecord
from commands.trade.releases.meant import with_places
from commands.trade.releases.record import record_all
from commands.writing.faults import of_one_item
from commands.writing.rows import write_rows
from commands.writing.transaction import Writing
from kit.errors import Code, Problem, Refused
from kit.ids import new_id
from kit.inputs import LARGEST_BULK
from kit.standards.edifact.envelopes import FINDINGS_KEPT
from kit.standards.edifact.faults import Fault, Faulty, Finding
from kit.standards.schedules import edifact, transmissions, vda
from kit.standards.schedules.messages import MOST_LINES, ArticleSchedule, ScheduleMessage
from kit.standards.schedules.transmissions import was_sent_before
from models.messages.interchanges import MessageRelease
from models.trade.releases.words import ReleaseState

_TWICE = "This line and place stands twice in one message: neither is taken in."
_TOO_MANY = f"Its deliveries have more than {MOST_LINES:,} lines: none of them is taken in."


async def take(writing: Writing, incoming: Incoming) -> Reading:
    """Take a schedule message in; returns what of it was not understood, or is not in force.

    An article that is not understood as a whole, that names nothing of ours or that is refused
    stops no other; one that the message has brought already, when it was read before, is left.
    Refused: INVALID for a partner that is no party, and for a function (1225) of which nobody knows
    what it replaces. NamedTwice: as `Incoming.named_twice` says.
    """
    type_, habits = incoming.message.type, incoming.partner.habits

    def portions() -> Iterator[ScheduleMessage | None]:
        return edifact.schedule_portions(incoming.segments(), type_, habits)

    return await _Taking(writing, incoming).take(portions)


async def take_transmission(writing: Writing, incoming: Incoming) -> Reading:
    """Take a transmission of VDA 4905 in, as `take` does. Refused: as that."""

    def portions() -> Iterator[ScheduleMessage | None]:
        return vda.transmission_portions(incoming.content, incoming.partner.habits)

    return await _Taking(writing, incoming).take(portions)


@dataclass
class _Findings:
    """What was found in a message, once: of errors, and of what is none, no more than is kept."""

    errors: list[Finding] = field(default_factory=list)
    others: list[Finding] = field(default_factory=list)

    def add(self, findings: Iterable[Finding]) -> None:
        for each in findings:
            its = self.errors if each.is_error else self.others
            if len(its) <= FINDINGS_KEPT and each not in its:
                its.append(each)


@dataclass(frozen=True)
class _Taking:
    """A message that is taken in.

    named: places of which it has brought a release. met: those of portions before, and twice: those
    of them that it named again. before: those of which it brought one when it was read before.
    begun: where numbers of transmissions begin again on its day.
    """

    writing: Writing
    incoming: Incoming
    findings: _Findings = field(default_factory=_Findings)
    named: set[ReleasePlace] = field(default_factory=set)
    met: set[ReleasePlace] = field(default_factory=set)
    twice: set[ReleasePlace] = field(default_factory=set)
    before: set[ReleasePlace] = field(default_factory=set)
    begun: list[tuple[str, str]] = field(default_factory=list)

    async def take(self, portions: Callable[[], Iterator[ScheduleMessage | None]]) -> Reading:
        """Take all portions in, and end what it replaces; return what is told.

        Deliveries of one place are one schedule, in whichever portions they stand: they are held
        until all are read. Where there are too many to be held, it is read again for the others.
        Of one that brought nothing, but errors, nothing was taken in.
        """
        self.before.update(await places_of(self.writing, self.incoming.message.id))
        if self._is_transmission:
            self.begun.extend(await begun_again(self.writing, self.incoming.message))
        articles, held = 0, HeldDeliveries()
        async for message in self.writing.beside.each(portions()):
            articles += len(message.articles)
            if message.function is None:
                raise Refused(Code.INVALID, "Nobody says what this message replaces (BGM 1225).")
            known = await known_of_partner(self.writing, self.incoming.partner, message)
            await self._take(known, message, held)
            if message.is_last and not articles:
                self.findings.add([Finding(Fault.MISSING, "It names no article.", 0)])
            if message.is_last:
                await self._take_left(portions, held)
            if message.is_last and message.function == "WHOLE":
                await self._end_others(known, message)
        if self.twice - self.incoming.named_twice:
            raise NamedTwice(frozenset(self.twice))
        is_taken_in = bool(self.named) or not self.findings.errors
        return Reading([*self.findings.errors, *self.findings.others], is_taken_in)

    async def _take_left(
        self, portions: Callable[[], Iterator[ScheduleMessage | None]], held: HeldDeliveries
    ) -> None:
        """Take in the deliveries for which there was no room, as many as have room at a time."""
        while held.left:
            held = HeldDeliveries(held.left)
            async for message in self.writing.beside.each(portions()):
                known = await known_of_partner(self.writing, self.incoming.partner, message)
                await self._take(known, message, held)

    async def _take(self, known: Resolving, message: ScheduleMessage, held: HeldDeliveries) -> None:
        """Take a portion in, but for its deliveries, which are held; with the last one these."""
        self.findings.add(message.findings)
        pairs = await self._releases(known, message)
        for article, release in pairs:
            if article.is_delivery:
                held.take(article, release)
        if held.only is None:
            await self._bring(message, [it for it in pairs if not it[0].is_delivery])
        if message.is_last:
            for some in held.portions():
                await self._bring(message, some)

    async def _bring(self, message: ScheduleMessage, several: Sequence[SentSchedule]) -> None:
        """Record what a message says of each place, and tell what became of it."""
        pairs = self._once(several)
        results = await self._record(
            await self._in_order(message, [release for _, release in pairs])
        )
        for (article, release), result in zip(pairs, results, strict=True):
            self.findings.add(_finding(article, it) for it in result["problems"])
            self.findings.add(_not_in_force(article, result))
            if result["release_id"] is not None:
                self.named.add(ReleasePlace.of(release))

    async def _releases(self, known: Resolving, message: ScheduleMessage) -> Sequence[SentSchedule]:
        """Return what is to be recorded of each article; what does not resolve is told."""
        articles, releases = list[ArticleSchedule](), list[RecordedRelease]()
        for article in message.articles:
            self.findings.add(_named(article, it) for it in article.findings)
            if not article.is_whole:
                continue
            await self.writing.room(1 + len(article.lines))
            try:
                _check_quantities(message, article)
                with of_one_item():
                    release = known.release(message, article)
                self.findings.add(_named(article, it) for it in article.findings)
                releases.append(release)
                articles.append(article)
            except Refused as refused:
                self.findings.add(_finding(article, it) for it in refused.problems)
            except Faulty as faulty:
                self.findings.add([faulty.finding])
        found = list[SentSchedule]()
        placed = await with_places(self.writing, releases)
        for article, release in zip(articles, placed, strict=True):
            if (place := ReleasePlace.of(release)) in self.before:
                self.named.add(place)
            else:
                found.append((article, release))
        return found

    async def _in_order(
        self, message: ScheduleMessage, releases: Sequence[RecordedRelease]
    ) -> Sequence[RecordedRelease]:
        """Return releases with what was sent after them on their day, as far as numbers tell.

        Transmissions of VDA 4905 say a day only, so that the later one of a day is told by that.
        """
        if not self._is_transmission or not releases:
            return releases
        partner, places = self.incoming.partner.id, [ReleasePlace.of(it) for it in releases]
        found = await transmitted_for(self.writing, partner, release_type(message), places)
        own, begun = self.incoming.message.reference, self.begun
        after = [
            next((it for it in found.get(place, ()) if was_sent_before(own, it, begun)), None)
            for place in places
        ]
        names = [number and f"transmission {number}" for number in after]
        return [release.as_overtaken(by) for release, by in zip(releases, names, strict=True)]

    @property
    def _is_transmission(self) -> bool:
        return self.incoming.message.type == transmissions.TYPE

    def _once(self, pairs: Sequence[SentSchedule]) -> Sequence[SentSchedule]:
        """Return what each place is named with once, points of use there together.

        Of others it is unknown which one is meant.
        """
        places = defaultdict[ReleasePlace, list[SentSchedule]](list)
        for pair in pairs:
            places[ReleasePlace.of(pair[1])].append(pair)
        self.twice.update(places.keys() & self.met)
        self.met.update(places)
        found = list[SentSchedule]()
        for place, some in places.items():
            releases = [release for _, release in some]
            are_deliveries = all(article.is_delivery for article, _ in some)
            joined = joined_release(releases, are_deliveries=are_deliveries)
            is_one = len(some) == 1 and not are_too_many(releases)
            release = releases[0] if is_one else joined
            if release is not None and place not in self.incoming.named_twice:
                found.append((some[0][0], release))
                continue
            problem = Problem(Code.DUPLICATE, _TWICE)
            if are_deliveries and are_too_many(releases):
                problem = Problem(Code.TOO_MANY_ITEMS, _TOO_MANY)
            self.findings.add(_finding(article, problem) for article, _ in some)
        return found

    async def _record(self, releases: Sequence[RecordedRelease]) -> Sequence[Mapping[str, Any]]:
        """Record releases as what the message brought; returns what became of each."""
        self.writing.extent.touch(len(releases))
        message, found = self.incoming.message, list[Mapping[str, Any]]()
        received = [it.as_received(message.received_at) for it in releases]
        for start in range(0, len(received), LARGEST_BULK):
            command = ReleasesRecord(releases=received[start : start + LARGEST_BULK])
            found += (await record_all(self.writing, command))["results"]
        own = {"merchant_id": message.merchant_id, "message_id": message.id}
        brought = [it["release_id"] for it in found if it["release_id"] is not None]
        links = [own | {"id": new_id(), "release_id": it} for it in brought]
        if links:
            await write_rows(self.writing, {MessageRelease: links})
        return found

    async def _end_others(self, known: Resolving, message: ScheduleMessage) -> None:
        """End what it replaces without naming it, unless something of it was not understood."""
        partner = self.incoming.partner.id
        async for places in left_standing(self.writing, partner, release_type(message), self.named):
            if self.findings.errors:
                text = "What it does not name stands as it was: not all of it was taken in."
                self.findings.add([Finding(Fault.INVALID_VALUE, text, 0, "BGM", 2)])
                return
            ended = [RecordedRelease.read(known.ending(it, message)) for it in places]
            for result in await self._record(ended):
                self.findings.add(_of_ending(it) for it in result["problems"])


def _check_quantities(message: ScheduleMessage, article: ArticleSchedule) -> None:
    """Refused: INVALID for an article that would end what stands without saying so.

    One that changes single lines ends those whose days it says, and no others.
    """
    says = bool(article.lines) or article.says_nothing or article.remainder is not None
    if not says and article.says_cumulative:
        text = (
            "Of what is wanted it says cumulative quantities only, which are not read as a"
            " schedule: it must say how much is wanted on each date."
        )
        raise Refused(Code.INVALID, text)
    if not says and message.function != "UPDATE":
        text = "It says no quantity that is wanted; 0 says that nothing is wanted."
        if article.received is not None:
            text += " So what was received (QTY 70) is not taken in either: what stands stays."
        raise Refused(Code.INVALID, text)
    if article.says_nothing and not article.lines and message.function == "UPDATE":
        raise Refused(Code.INVALID, "It changes single lines: 0 says a day on which it counts.")


def _not_in_force(article: ArticleSchedule, result: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield that a release was taken in and is not in force; it may be later, with consent."""
    state = result.get("state", ReleaseState.ACTIVE)
    if state is not ReleaseState.ACTIVE:
        needed = ", ".join(dict.fromkeys(result["waiting"]))
        late = "it" if result["is_repeated"] else "a newer one"
        why = f"is {state.value}: {late} was there already"
        why = f"comes into force with consent to {needed}" if needed else why
        text = f"{', '.join(article.articles.values())}: its release {why}."
        yield Finding(Fault.NOT_IN_FORCE, text, article.offset, article.tag, article.segment)


def _of_ending(problem: Any) -> Finding:
    """Return why what a message does not name is not ended."""
    return Finding(Fault.INVALID_VALUE, f"{problem.code}: {problem.message}", 0, "BGM", 2)


def _named(article: ArticleSchedule, finding: Finding) -> Finding:
    """Return a finding with the article that it is of."""
    named = ", ".join(article.articles.values())
    return replace(finding, text=f"{named}: {finding.text}") if named else finding


def _finding(article: ArticleSchedule, problem: Problem) -> Finding:
    named = ", ".join(article.articles.values())
    path = problem.path[2:] if problem.path[:1] == ("releases",) else problem.path
    place = replace(problem, path=path).place
    text = f"{named}: {problem.code}: {problem.message}" + (f" ({place})" if place else "")
    return Finding(Fault.INVALID_VALUE, text, article.offset, article.tag, article.segment)
