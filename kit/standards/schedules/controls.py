"""What a schedule message says of itself at its end (CNT), against what it holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from kit.standards.edifact.faults import Fault, Faulty, Finding
from kit.standards.edifact.groups import Branch, LoneGroup
from kit.standards.edifact.headers import Component
from kit.standards.edifact.segments import Segment
from kit.standards.edifact.values import number_at
from kit.standards.schedules.habits import Habits
from kit.standards.schedules.surroundings import DEMANDED


@dataclass
class ControlTotals:
    """What the articles of a message come to, as they are read.

    articles: LIN. wanted: quantities of what is demanded, every: of all under articles; None once
    one of them could not be read.
    """

    habits: Habits
    articles: int = 0
    wanted: Decimal | None = Decimal(0)
    every: Decimal = Decimal(0)

    def add(self, article: LoneGroup) -> None:
        """Count an article."""
        self.articles += 1
        try:
            for qty in _quantities(article.branch):
                if self.wanted is None or not article.is_whole:
                    self.wanted = None
                    return
                amount = number_at(Component(qty, 1, 2))
                self.every += amount
                if self.habits.meaning("QUANTITY", qty.get(1)) in DEMANDED:
                    self.wanted += amount
        except Faulty:
            self.wanted = None

    def compared(self, content: Branch) -> Iterator[Finding]:
        """Yield each CNT of a message that tells otherwise. content: its own segments.

        A total of quantities (6069 1) may be of what is wanted, or of all.
        """
        for cnt in content.all("CNT"):
            place, meaning = Component(cnt, 1, 2), self.habits.meaning("CONTROL", cnt.get(1))
            try:
                stated = None if meaning == "OTHER" else number_at(place)
            except Faulty as faulty:
                yield faulty.finding
                continue
            text, its = "", (self.wanted, self.every)
            if meaning == "ARTICLES" and stated != self.articles:
                text = f"CNT counts {stated} articles; there are {self.articles}."
            elif meaning == "QUANTITIES" and None not in its and stated not in its:
                text = f"CNT sums quantities to {stated}; {self.wanted} are wanted."
            if text:
                yield place.faulty(Fault.COUNTS_DIFFER, text).finding


def _quantities(branch: Branch) -> Iterator[Segment]:
    """Yield the quantities of an article, wherever they stand in it."""
    for name, groups in branch.groups.items():
        for group in groups:
            if name == "QUANTITY":
                yield group.all("QTY")[0]
            yield from _quantities(group)
