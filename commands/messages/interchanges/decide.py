"""What staff decides on interchanges and messages: read once more, or not at all."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from commands.messages.interchanges.files import (
    File,
    Piece,
    envelope_columns,
    first_of,
    kept_findings,
)
from commands.messages.interchanges.taking import answer, settle_interchange
from commands.messages.interchanges.waiting import let_wait
from commands.writing.transaction import Outcome, Writing, check_state
from commands.writing.verbs import verb
from kit.errors import Code, Path, Refusals, Refused
from kit.ids import Names
from kit.inputs import Command, Each, Input, refuse_duplicates
from kit.loop.memory import MUCH
from kit.standards.edifact.faults import Fault, Finding
from models.access.dues import DueKind
from models.access.viewers import Scope
from models.base.acts import Act
from models.events.messages.interchanges import (
    InterchangeMessageReplayed,
    InterchangeRejected,
    InterchangeReplayed,
)
from models.messages.interchanges import (
    REJECT,
    REPLAY,
    UNSETTLED,
    Interchange,
    InterchangeMessage,
    InterchangeState,
    MessageFate,
)
from models.messages.outbox import InterchangeContent
from models.messages.partners import PartnerProfile

_PATH: Path = ("interchange_id",)


class InterchangeCommand(Command):
    """What is decided on one interchange, which is read for that, however long it is."""

    @classmethod
    def weight(cls, values: Mapping[str, Any]) -> int:
        """Return what reading it may weigh."""
        del values
        return MUCH

    interchange_id: Annotated[UUID, Names("Interchange")] = Field(description="The interchange.")


class InterchangeReplay(InterchangeCommand):
    """Reads an interchange once more, of which nothing was taken in."""

    is_reference_free: bool = Field(
        default=False,
        description="Take it in although another one has its reference and other bytes.",
    )


class InterchangeReject(InterchangeCommand):
    """Rejects an interchange that is held."""


class ReplayedMessage(Input):
    """A message to read once more."""

    message_id: Annotated[UUID, Names("InterchangeMessage")] = Field(description="The message.")


class InterchangeMessagesReplay(Command):
    """Up to 250 messages to read once more."""

    messages: Each[ReplayedMessage] = Field(description="The messages; each once.")


@verb(
    REPLAY,
    "Read an interchange once more that is held or was rejected: its partner may be known now, or"
    " known to write in other characters. What it is now is answered anew.",
)
async def replay(writing: Writing, command: InterchangeReplay) -> Outcome:
    """Read the bytes that are kept.

    Refused: NOT_FOUND; WRONG_STATE, also for a beginning only, for what has more than one in it,
    and for what would be held still.
    """
    row, piece, kept = await _locked(writing, command, REPLAY)
    before = row.state
    if row.size_bytes != len(piece.content):
        text = "Only the beginning of it is kept: it was too large, or had too many interchanges."
        if row.size_bytes == kept:
            text = (
                "Several interchanges are in it: its bytes, sent as a file, are taken in as each."
            )
        raise Refused(Code.WRONG_STATE, text, _PATH)
    for name, value in envelope_columns(piece).items():
        setattr(row, name, value)
    count = await settle_interchange(writing, row, piece, is_decided=command.is_reference_free)
    if before is row.state is InterchangeState.HELD:
        text = f"It is held still: {row.findings[-1]['text']}"
        raise Refused(Code.WRONG_STATE, text, _PATH)
    writing.record(InterchangeReplayed(row.id, state=row.state, messages=count))
    return {"interchange_id": row.id}


@verb(REJECT, "Reject an interchange that is held; its partner is told where it wants answers.")
async def reject(writing: Writing, command: InterchangeReject) -> Outcome:
    """Take nothing of it in. Refused: NOT_FOUND, WRONG_STATE."""
    row, piece, _ = await _locked(writing, command, REJECT)
    row.state = REJECT.becomes
    if row.partner_id is not None:
        wanted: Any = {row.partner_id: _PATH}
        partner = (await writing.lock(PartnerProfile, wanted))[row.partner_id]
        text = "Its reference was used before."
        piece.envelope.findings.insert(0, Finding(Fault.DUPLICATE_REFERENCE, text, 0, "UNB"))
        row.findings = kept_findings(piece.envelope.findings, piece.envelope.start)
        await answer(writing, row, piece, partner)
    writing.record(InterchangeRejected(row.id))
    return {"interchange_id": row.id}


async def _locked(
    writing: Writing, command: InterchangeCommand, act: Act
) -> tuple[Interchange, Piece, int]:
    """Lock an interchange and read its bytes; tells how many are kept.

    Refused: NOT_FOUND, WRONG_STATE.
    """
    key = command.interchange_id
    row = (await writing.lock(Interchange, {key: _PATH}))[key]
    check_state(row, act.states, _PATH, "It")
    (content,) = await writing.records(InterchangeContent, "id", [key])
    file = File(content.content, len(content.content), row.sha256)
    (piece,) = await writing.beside.items(first_of(file))
    return row, piece, file.size


@verb(
    Act(Scope.MESSAGES_WRITE),
    "Let up to 250 messages wait once more that nobody could read, that were refused, or of which"
    " not all was taken in: a place or an article may be known now. They are read in the order in"
    " which they came; what they brought already stays as it is. One that is refused stops no"
    " other.",
)
async def replay_messages(writing: Writing, command: InterchangeMessagesReplay) -> Outcome:
    """Let messages wait, each for itself.

    Refused: of a message DUPLICATE, NOT_FOUND, WRONG_STATE for what is done or broken; as a whole:
    TOO_MANY_ITEMS.
    """
    ids = [it.message_id for it in command.messages]
    refuse_duplicates(ids, ("messages",), "message_id")
    wanted: dict[UUID, Path] = {
        key: ("messages", place, "message_id") for place, key in enumerate(ids)
    }
    rows = await writing.lock(InterchangeMessage, wanted)
    _check_unsettled(rows, wanted)
    interchanges = {it.interchange_id for it in rows.values()}
    of = await writing.by_key(Interchange, "id", interchanges)
    partner_ids = {it.partner_id for it in of.values() if it.partner_id is not None}
    partners = await writing.by_key(PartnerProfile, "id", partner_ids)
    for partner_id in sorted(partner_ids):
        writing.later(DueKind.READ_MESSAGES, partner_id, writing.now)
    some = rows.values()
    segments, length = sum(it.segment_count for it in some), sum(it.length for it in some)
    await let_wait(writing, interchanges, len(rows), segments, length)
    for key, row in rows.items():
        row.fate, row.read_at, row.findings = MessageFate.WAITING, None, []
        sender = of[row.interchange_id].partner_id
        row.party_id = None if sender is None else partners[sender].party_id
        writing.record(InterchangeMessageReplayed(key))
    return {"results": [{"status": "UPDATED", "message_id": it, "problems": []} for it in ids]}


def _check_unsettled(rows: Mapping[UUID, InterchangeMessage], wanted: Mapping[UUID, Path]) -> None:
    """Refused: WRONG_STATE for each message of which there is nothing more to read."""
    refusals = Refusals()
    for key, path in wanted.items():
        row = rows[key]
        is_partly = row.fate is MessageFate.READ and any(it["is_error"] for it in row.findings)
        with refusals:
            if row.fate not in UNSETTLED and not is_partly:
                fates = " or ".join(sorted(UNSETTLED))
                text = f"This message is {row.fate}: it must be {fates}, or have an error if READ."
                raise Refused(Code.WRONG_STATE, text, path)
    refusals.end()
