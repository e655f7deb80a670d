"""Price lists from CSV files, which are read as they are written: any file fits into memory."""

import csv
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TypeAlias

from commands.master.prices import entries, lists
from commands.writing.transaction import Outcome
from commands.writing.verbs import AnyVerb
from kit.errors import Code, Path, Problem, Refusals, Refused, Wrong
from kit.inputs import LARGEST_BULK, Command, Input, camel
from kit.standards import written

Write: TypeAlias = Callable[[AnyVerb, Command], Awaitable[Outcome]]
"""Runs a verb in a transaction of its own."""
Row: TypeAlias = tuple[int, Mapping[str, Any] | Wrong]
"""A row's number in the file, and its columns that are not empty."""


@dataclass(frozen=True)
class CsvKind:
    """What the rows of a file are: items of one bulk verb.

    forms: column -> how its cells are read where they are no text; ValueError for others.
    """

    verb: AnyVerb
    item: type[Input]
    forms: Mapping[str, Callable[[str], Any]]

    def check_head(self, names: Sequence[str]) -> None:
        """Refused: INVALID for a first line that names no column, or not all that each row needs.

        A row of data in its place would be lost without a word.
        """
        refusals = Refusals(("line 1",))
        if len(names) == 1 and ";" in names[0]:
            text = "Columns are parted by commas here, not by semicolons."
            raise Refused(Code.INVALID, text, ("line 1",))
        for name in (it for it, of in self.item.model_fields.items() if of.is_required()):
            with refusals:
                if name not in names and camel(name) not in names:
                    text = "The first line names the columns, and this one is not among them."
                    raise Refused(Code.INVALID, text, (name,))
        refusals.end()


LISTS = CsvKind(
    lists.upsert_all,
    lists.PriceListUpsert,
    {"valid_from": written.day, "valid_to": written.day},
)
"""Columns: code, name, currency, party_number, party_group, channel_code, valid_from, valid_to."""
ENTRIES = CsvKind(
    entries.upsert_all,
    entries.PriceListEntryUpsert,
    {"from_quantity": written.number, "unit_price": written.number},
)
"""Columns: price_list_code, product_sku, packaging, from_quantity, unit_price, is_active."""


async def import_csv(write: Write, kind: CsvKind, lines: Iterable[str]) -> Counter[str]:
    """Write all rows of a file whose first line names its columns; return status -> how many.

    Every bulk is a transaction: what was written stays when a later row is refused, and the same
    file may be imported again. Refused: as the verb, with paths like ("line 7", "unit_price"), and
    as `CsvKind.check_head`.
    """
    found: Counter[str] = Counter()
    rows = _rows(lines, kind)
    while bulk := list(islice(rows, LARGEST_BULK)):
        found.update(await _written(write, kind, bulk))
    return found


_COMMA = 'Decimals stand behind a point, and nothing parts thousands: "1234.5".'


def _rows(lines: Iterable[str], kind: CsvKind) -> Iterator[Row]:
    """Read rows one by one; of what is written wrong, a row or a cell is `Wrong`."""
    reader = csv.DictReader(lines, restkey="")
    kind.check_head(reader.fieldnames or ())
    for row in reader:
        if "" in row:
            text = "There are more cells than columns."
            yield reader.line_num, Wrong(Code.INVALID, text, row)
            continue
        cells: dict[str, Any] = {name: cell for name, cell in row.items() if cell and cell.strip()}
        for name in cells.keys() & kind.forms.keys():
            try:
                cells[name] = kind.forms[name](cells[name])
            except ValueError as error:
                text = (
                    _COMMA
                    if kind.forms[name] is written.number and "," in cells[name]
                    else str(error)
                )
                cells[name] = Wrong(Code.INVALID, text, cells[name])
        yield reader.line_num, cells


async def _written(write: Write, kind: CsvKind, bulk: Sequence[Row]) -> list[str]:
    """Write rows and return what was done to each. Refused: with their places in the file.

    Rows of the bulk that are not refused are written all the same.
    """
    try:
        takes: type[Command] = kind.verb.takes
        command = takes.read({str(kind.verb.items): [row for _, row in bulk]})
        outcome = await write(kind.verb, command)
        if problems := [each for it in outcome["results"] for each in it["problems"]]:
            raise Refused.of(problems)
    except Refused as refused:
        numbers = [number for number, _ in bulk]
        problems = [_in_file(numbers, it) for it in refused.problems]
        raise Refused.of(problems) from refused
    return [it["status"] for it in outcome["results"]]


def _in_file(numbers: Sequence[int], problem: Problem) -> Problem:
    """Return a problem with the line of its row in place of the place in its bulk."""
    path: Path = problem.path
    match path:
        case (_, int(place), *below):
            path = (f"line {numbers[place]}", *below)
    return replace(problem, path=path)
