"""What becomes of an interchange: known or new, held or taken in; its answer, its messages."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, DateTime, Text, Uuid, bindparam, exists, select, tuple_

from commands.messages import outbox
from commands.messages.interchanges.files import (
    File,
    Piece,
    envelope_columns,
    first_of,
    kept_findings,
    message_columns,
    storable,
)
from commands.messages.interchanges.waiting import BYTES_A_LINE, let_wait
from commands.writing.rows import write_rows
from commands.writing.transaction import Writing
from kit.ids import new_id
from kit.loop.work import slices_of
from kit.standards.edifact.answers import control
from kit.standards.edifact.faults import Fault, Finding
from kit.standards.edifact.parts import EnvelopedMessage, Header, Identification
from kit.standards.schedules.transmissions import was_sent_before
from models.access.dues import DueKind
from models.base.tables import fixed
from models.events.messages.interchanges import InterchangeReceived
from models.messages.interchanges import (
    UNTAKEN,
    Interchange,
    InterchangeMessage,
    InterchangeSource,
    InterchangeState,
    MessageFate,
)
from models.messages.outbox import InterchangeContent
from models.messages.partners import Acknowledgement, PartnerProfile

Taken = tuple[Interchange, bool]
"""An interchange, and whether it is new."""

_LARGEST_INT = 2**31 - 1
"""Bytes that an Int of GraphQL holds."""


async def take_in(
    writing: Writing, found: Sequence[Piece], source: InterchangeSource, file_name: str | None
) -> Sequence[Taken]:
    """Take in the interchanges of a file; one that is there already changes nothing but its answer.

    found: what was read of the file. Its partners are locked before anything else, in the order of
    their ids, so that files of the same ones wait for each other.
    """
    headers = (it.envelope.header for it in found)
    await _senders(writing, {it.sender.code for it in headers if it is not None})
    known = await writing.among(Interchange, "sha256", {it.sha256 for it in found})
    there = {it.sha256: it for it in known}
    taken: list[Taken] = []
    for each in found:
        row = there.get(each.sha256)
        if row is None:
            row = await _new(writing, each, source, file_name)
            there[row.sha256] = row
            taken.append((row, True))
        else:
            await outbox.want_again(writing, row.id)
            taken.append((row, False))
    return taken


async def _new(
    writing: Writing, piece: Piece, source: InterchangeSource, file_name: str | None
) -> Interchange:
    row = Interchange(
        merchant_id=writing.viewer.merchant_id,
        id=new_id(),
        received_at=writing.now,
        source=source,
        file_name=file_name,
        size_bytes=min(piece.size, _LARGEST_INT),
        sha256=piece.sha256,
        state=InterchangeState.REJECTED,
        **envelope_columns(piece),
    )
    writing.session.add(row)
    await writing.session.flush()
    own = {"merchant_id": row.merchant_id, "id": row.id, "interchange_id": row.id}
    writing.session.add(InterchangeContent(**own, content=piece.content))
    await writing.session.flush()
    before = writing.extent.later
    count = await settle_interchange(writing, row, piece)
    # Whatever becomes of its bytes, they are kept, and paid as if they waited to be read.
    writing.extent.later = max(writing.extent.later, before + piece.size // BYTES_A_LINE)
    writing.record(InterchangeReceived(row.id, state=row.state, source=row.source, messages=count))
    return row


async def settle_interchange(
    writing: Writing, row: Interchange, piece: Piece, *, is_decided: bool = False
) -> int:
    """Decide what becomes of an interchange, answer it, and return how many messages it gave.

    is_decided: somebody has decided that a reference which was used before does not stop it.
    """
    header = piece.envelope.header
    if header is None:
        row.state = InterchangeState.REJECTED
        return 0
    partner = await _partner(writing, header)
    if partner is None:
        row.state = InterchangeState.HELD
        _tell(row, Fault.UNKNOWN_SENDER, f"No active partner is called {_named(header.sender)}.")
        return 0
    row.partner_id = partner.id
    piece = await _in_charset(writing, row, piece, partner)
    if refused := _not_for_us(partner, header):
        piece.envelope.findings.insert(0, refused)
        row.findings = kept_findings(piece.envelope.findings, piece.envelope.start)
    if not piece.envelope.is_whole:
        row.state = InterchangeState.REJECTED
        await answer(writing, row, piece, partner)
        return 0
    if not is_decided and await _is_used(writing, row):
        row.state = InterchangeState.HELD
        text = (
            "Another interchange of this partner has the same reference and other bytes:"
            " `interchangeReplay` with `isReferenceFree` takes it in all the same."
        )
        _tell(row, Fault.DUPLICATE_REFERENCE, text)
        return 0
    await _tell_gap(writing, row, header)
    row.state = InterchangeState.TESTED if header.is_test else InterchangeState.ACCEPTED
    await _write_messages(writing, row, piece, partner.party_id)
    await answer(writing, row, piece, partner)
    return len(piece.envelope.messages)


def _named(sender: Identification) -> str:
    """Return what a sender calls itself: its identification and qualifier."""
    qualifier = f"the qualifier {sender.qualifier}" if sender.qualifier else "no qualifier"
    return f"{sender.code} with {qualifier}"


async def _partner(writing: Writing, header: Header) -> PartnerProfile | None:
    """Lock the partner that has sent it, so that its references are compared one by one."""
    rows = await _senders(writing, {header.sender.code})
    fitting = (it for it in rows if it.qualifier == header.sender.qualifier and it.is_active)
    return next(fitting, None)


async def _senders(writing: Writing, codes: Collection[str]) -> Sequence[PartnerProfile]:
    """Lock the partners that are called so, with whatever qualifier."""
    wanted = sorted(it for it in codes if storable(it) == it)
    return await writing.among(PartnerProfile, "identification", wanted, "id", lock=True)


async def _in_charset(
    writing: Writing, row: Interchange, piece: Piece, partner: PartnerProfile
) -> Piece:
    """Read it again where its partner is known to write in other characters than UNB says."""
    header = piece.envelope.header
    charset = partner.charset
    if charset is None or header is None or charset.value == header.identifier:
        return piece
    file = File(piece.content, piece.size, piece.sha256)
    (again,) = await writing.beside.items(first_of(file, charset.value))
    for name, value in envelope_columns(again).items():
        setattr(row, name, value)
    return replace(piece, envelope=again.envelope)


def _not_for_us(partner: PartnerProfile, header: Header) -> Finding | None:
    own = (partner.own_identification, partner.own_qualifier)
    if own in ((None, None), (header.recipient.code, header.recipient.qualifier)):
        return None
    text = f"We are not {header.recipient.code}."
    return Finding(Fault.NOT_THE_RECIPIENT, text, 0, "UNB", element=3, component=1)


async def _is_used(writing: Writing, row: Interchange) -> bool:
    """Tell whether the partner has used the reference for what was taken in not long before."""
    names = ("id", "partner_id", "reference", "is_test")
    own = {f"own_{name}": getattr(row, name) for name in names}
    own["own_since"] = row.received_at - _COUNTED_ANEW
    return bool(await writing.session.scalar(_USED, {**writing.parameters, **own}))


_COUNTED_ANEW = timedelta(days=90)
"""After which a reference is another one: most partners begin to count again every year."""


_USED = select(
    exists().where(
        Interchange.merchant_id == bindparam("merchant", type_=Uuid()),
        Interchange.partner_id == bindparam("own_partner_id", type_=Uuid()),
        Interchange.reference == bindparam("own_reference", type_=Text()),
        Interchange.is_test == bindparam("own_is_test", type_=Boolean()),
        Interchange.received_at > bindparam("own_since", type_=DateTime(timezone=True)),
        Interchange.state.not_in(sorted(UNTAKEN)),
        Interchange.id != bindparam("own_id", type_=Uuid()),
    )
)


async def _tell_gap(writing: Writing, row: Interchange, header: Header) -> None:
    """Tell where it names another one before it than the last that came: one may be lost.

    Beside the last one it may name the newest: what came late was sent before that.
    """
    if not header.previous:
        return
    names = ("id", "partner_id", "recipient", "received_at")
    own = {f"own_{name}": getattr(row, name) for name in names}
    rows = [*reversed((await writing.session.execute(_LAST, {**writing.parameters, **own})).all())]
    begun = [(it.reference, it.begins_after) for it in rows if it.begins_after is not None]
    before = [it.reference for it in rows if it.reference is not None]
    last, newest = before[-1:], before[:1]
    for each in before:
        newest = newest if was_sent_before(each, newest[0], begun) else [each]
    if last and header.previous.lstrip("0") not in {it.lstrip("0") for it in last + newest}:
        late = "" if newest == last else f", the newest one {newest[0]}"
        text = f"It says that {header.previous} was before it; the last one that came is {last[0]}"
        text += f"{late}."
        _tell(row, Fault.OUT_OF_SEQUENCE, text)


_OWN_PLACE = (
    bindparam("own_received_at", type_=DateTime(timezone=True)),
    bindparam("own_id", type_=Uuid()),
)
_LAST = (
    select(Interchange.reference, Interchange.begins_after)
    .where(
        Interchange.merchant_id == bindparam("merchant", type_=Uuid()),
        Interchange.partner_id == bindparam("own_partner_id", type_=Uuid()),
        Interchange.recipient == bindparam("own_recipient", type_=Text()),
        Interchange.state == fixed(InterchangeState.ACCEPTED),
        tuple_(Interchange.received_at, Interchange.id) < tuple_(*_OWN_PLACE),
    )
    .order_by(Interchange.received_at.desc(), Interchange.id.desc())
    .limit(20)
)


def _tell(row: Interchange, fault: Fault, text: str) -> None:
    row.findings = [*row.findings, *kept_findings([Finding(fault, text, 0, "UNB")], 0)]


async def _write_messages(
    writing: Writing, row: Interchange, piece: Piece, party_id: UUID | None
) -> None:
    """Write the messages by one statement; those that are whole wait to be read."""
    writing.extent.touch(len(piece.envelope.messages))
    await writing.session.flush()
    waiting = [it for it in piece.envelope.messages if it.is_whole and not row.is_test]
    segments, length = sum(it.segments for it in waiting), sum(it.end - it.start for it in waiting)
    await let_wait(writing, [row.id], len(waiting), segments, length)
    new = list[dict[str, Any]]()
    for some in slices_of(piece.envelope.messages):
        await writing.room(len(some))
        new += [
            _message(row, piece, message, number) | {"party_id": party_id}
            for number, message in enumerate(some, len(new) + 1)
        ]
    await write_rows(writing, {InterchangeMessage: new})
    if waiting and row.partner_id is not None:
        writing.later(DueKind.READ_MESSAGES, row.partner_id, writing.now)


def _message(
    row: Interchange, piece: Piece, message: EnvelopedMessage, number: int
) -> dict[str, Any]:
    waiting = MessageFate.TESTED if row.is_test else MessageFate.WAITING
    return {
        "merchant_id": row.merchant_id,
        "id": new_id(),
        "interchange_id": row.id,
        "number": number,
        "received_at": row.received_at,
        "fate": waiting if message.is_whole else MessageFate.BROKEN,
        **message_columns(message, piece.envelope.start),
    }


async def answer(writing: Writing, row: Interchange, piece: Piece, partner: PartnerProfile) -> None:
    """Answer with CONTRL where the partner wants it; what is an answer itself never is."""
    header: Any = piece.envelope.header
    wanted = partner.acknowledgement is Acknowledgement.ALWAYS or (
        partner.acknowledgement is Acknowledgement.ON_REQUEST and header.wants_answer
    )
    if not wanted or not control.can_be_answered(piece.envelope):
        return
    ours = replace(
        header,
        sender=header.recipient,
        recipient=header.sender,
        prepared_at=writing.now,
        wants_answer=False,
    )
    body = control.body(header, piece.envelope)
    await outbox.write(
        writing, partner, outbox.Outgoing(ours, control.kind_for(header), body, row.id)
    )
