"""Interchanges come in: uploaded over the API, or from a folder."""

import base64
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from commands.messages.interchanges.files import TAKEN_AT_ONCE, File, Piece, pieces
from commands.messages.interchanges.taking import take_in
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Code, Refused
from kit.inputs import Command, Key
from kit.limits import DEFAULT_LIMITS
from models.access.viewers import Scope
from models.base.acts import Act
from models.messages.interchanges import InterchangeSource, InterchangeState

LINE = 64
"""Letters of a file whose reading takes as long as a line of an input."""
Base64 = Annotated[str, StringConstraints(min_length=1)]
"""As long as the body of a request may be."""


class InterchangeReceive(Command):
    """A file with interchanges, one behind the other: 100 of them at most."""

    content: Base64 = Field(
        description="The bytes of the file in Base64, as it came. It is as large as fits into a"
        f" request, of {DEFAULT_LIMITS.body:,} bytes if the server says no other; larger ones come"
        " by a folder (`abruf edi`)."
    )
    file_name: Key | None = Field(None, description="What the file is called; for people.")

    @classmethod
    def weight(cls, values: Mapping[str, Any]) -> int:
        """Return what reading it weighs: side by side, large ones would all of them be late."""
        content = values.get("content")
        return len(content) // LINE if isinstance(content, str) else 0

    def pieces(self) -> Iterator[Piece | None]:
        """Give its interchanges. None: a pause. Refused: as of `receive`."""
        try:
            content = base64.b64decode(self.content, validate=True)
        except ValueError as error:
            raise Refused(Code.INVALID, "This is no Base64.", ("content",)) from error
        count = 0
        for piece in pieces(File.of([content])):
            count += piece is not None
            if count > TAKEN_AT_ONCE:
                text = (
                    f"More than {TAKEN_AT_ONCE} interchanges are in it: nothing of it is taken in."
                    " Send it in parts, or by a folder (`abruf edi`)."
                )
                raise Refused(Code.TOO_MANY_ITEMS, text, ("content",))
            yield piece


class InterchangeFileReceive(Command):
    """A file as it was found in a folder, or a part of it."""

    found: Any = Field(description="What was read of it: some of its pieces.")
    file_name: str = Field(description="What it is called.")


_RECEIVE = Act(Scope.MESSAGES_WRITE)


@verb(
    _RECEIVE,
    "Take in a file of EDIFACT interchanges, whatever it says: bytes and findings are kept, CONTRL"
    " is written where its partner wants one, and its messages are read afterwards. The same bytes"
    " are taken in once; other bytes under a reference that was used are held.",
)
async def receive(writing: Writing, command: InterchangeReceive) -> Outcome:
    """Take in what was uploaded.

    Refused: INVALID for what is no Base64, TOO_MANY_ITEMS for more than 100 interchanges.
    """
    found = await writing.beside.items(command.pieces())
    taken = await take_in(writing, found, InterchangeSource.UPLOAD, command.file_name)
    statuses = {True: "CREATED", False: "UNCHANGED"}
    return {
        "results": [
            {"interchange_id": row.id, "status": statuses[is_new], "problems": []}
            for row, is_new in taken
        ]
    }


@verb(_RECEIVE, "Take in a file that was found in a folder.")
async def receive_file(writing: Writing, command: InterchangeFileReceive) -> Outcome:
    """Take in a file of a folder.

    Tells what became of its interchanges, None of known ones, and whose messages are to be read.
    """
    source = InterchangeSource.FOLDER
    taken = await take_in(writing, command.found, source, command.file_name)
    accepted = [
        row.id for row, is_new in taken if is_new and row.state is InterchangeState.ACCEPTED
    ]
    return {
        "states": [row.state if is_new else None for row, is_new in taken],
        "accepted": accepted,
    }
