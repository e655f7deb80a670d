"""What became of what a message says is told to its partner with APERAK, where it wants that."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, exists, select
from sqlalchemy.orm import aliased

from commands.access.followers.entries import JournalEvent
from commands.messages import outbox
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.standards.edifact.answers import content
from kit.standards.edifact.answers.content import Remark, Reply, Verdict
from kit.standards.edifact.answers.control import ANSWERS
from kit.standards.edifact.charsets import CODECS
from kit.standards.edifact.parts import Header, Identification
from models.events.trade.releases import ReleaseConsented
from models.master.catalog import Product
from models.messages.interchanges import (
    Interchange,
    InterchangeMessage,
    MessageFate,
    MessageRelease,
)
from models.messages.outbox import OutgoingInterchange
from models.messages.partners import ContentAnswer, PartnerProfile
from models.trade.contracts.tables import ContractLine
from models.trade.releases.tables import Release
from models.trade.releases.words import ReleaseState

_SETTLED = frozenset({MessageFate.READ, MessageFate.REFUSED})
"""Fates that are decisions on content; what we failed to read, or cannot, may still be read."""

_TOO_OLD = timedelta(days=7)


async def answer(writing: Writing, message: InterchangeMessage) -> None:
    """Tell a partner what became of a message that was settled; an answer is never answered."""
    await _answer(writing, message)


async def tell_decided(writing: Writing, entries: Sequence[JournalEvent]) -> None:
    """Tell partners what was decided on releases that waited, once for each of their messages.

    That somebody consented is told when nothing of the message waits any more. What was decided
    long ago is told to who was told by us that it waits, and a rejection also where nothing newer
    has come since: its sender may still believe that it holds.
    """
    is_consent = {it.aggregate_id: isinstance(it.event, ReleaseConsented) for it in entries}
    recorded = {it.aggregate_id: it.recorded_at for it in entries}
    links = await writing.records(MessageRelease, "release_id", list(is_consent))
    answers = await writing.records(
        OutgoingInterchange, "message_id", {it.message_id for it in links}
    )
    answered = {
        it.message_id: it.created_at for it in sorted(answers, key=lambda it: it.created_at)
    }
    recent = writing.now - _TOO_OLD
    late = {
        link.release_id
        for link in links
        if (at := recorded[link.release_id]) <= recent
        and answered.get(link.message_id, writing.now) >= at
    }
    late -= await _still_last(writing, [it for it in late if not is_consent[it]])
    links = [it for it in links if it.release_id not in late]
    rejected = {it.message_id for it in links if not is_consent[it.release_id]}
    wanted: Any = dict.fromkeys(sorted(it.message_id for it in links), ())
    for key, message in (await writing.lock(InterchangeMessage, wanted)).items():
        await _answer(writing, message, is_decision=True, is_urgent=key in rejected)


async def _still_last(writing: Writing, release_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of releases after which none came of their place and type."""
    if not release_ids:
        return set()
    values = {**writing.parameters, "releases": release_ids}
    return {it.id for it in await writing.session.rows(_STILL_LAST, values)}


async def _answer(
    writing: Writing,
    message: InterchangeMessage,
    *,
    is_decision: bool = False,
    is_urgent: bool = True,
) -> None:
    """Answer a message. is_decision: something has changed since, is_urgent: for the worse."""
    if message.fate not in _SETTLED or message.type in ANSWERS:
        return
    key = message.interchange_id
    interchange = (await writing.get(Interchange, {key: ()}))[key]
    identifier, _, version = (interchange.syntax or "").partition(":")
    wanted: Any = {interchange.partner_id: ()}
    (partner,) = (await writing.get(PartnerProfile, wanted)).values()
    if identifier not in CODECS or partner.content_answer is ContentAnswer.NEVER:
        return
    reply = await _reply_of(writing, partner, message)
    is_odd = is_decision or bool(reply.remarks) or reply.verdict is Verdict.HELD
    if partner.content_answer is ContentAnswer.ON_FINDINGS and not is_odd:
        return
    if reply.verdict is Verdict.HELD and not is_urgent:
        return
    (partner,) = (await writing.lock(PartnerProfile, wanted)).values()
    header = Header(
        identifier=identifier,
        version=version,
        sender=_side(interchange.recipient, interchange.recipient_qualifier),
        recipient=_side(interchange.sender, interchange.sender_qualifier),
        prepared_at=writing.now,
        reference="",
        application="",
        wants_answer=False,
        is_test=False,
    )
    reference = interchange.reference or ""
    body = content.application_body(reference, message.reference, reply, writing.now)
    outgoing = outbox.Outgoing(header, content.KIND, body, key, message.id)
    await outbox.write(writing, partner, outgoing)


async def _reply_of(
    writing: Writing, partner: PartnerProfile, message: InterchangeMessage
) -> Reply:
    """Return what holds of a message now: what waits for consent may still be rejected."""
    values = {**writing.parameters, "message": message.id}
    rows = await writing.session.rows(_BROUGHT, values)
    theirs = {it["ours"]: it["theirs"] for it in partner.article_numbers}
    named = {it: f"{theirs.get(it.sku, it.sku)}: its release {it.number}" for it in rows}
    waiting = [it for it in rows if it.state is ReleaseState.RECEIVED]
    rejected = [it for it in rows if it.state is ReleaseState.REJECTED]
    remarks = [_remark(it) for it in message.findings if it["is_error"]]
    remarks += [Remark(None, f"{named[it]} was rejected: {it.state_reason}") for it in rejected]
    if message.fate is MessageFate.REFUSED or (rows and len(rejected) == len(rows)):
        return Reply(Verdict.NOTHING, remarks)
    if waiting:
        notes = [f"{named[it]} waits for consent." for it in waiting]
        return Reply(Verdict.HELD, remarks, notes)
    return Reply(Verdict.SOME if remarks else Verdict.ALL, remarks)


_MERCHANT = bindparam("merchant", type_=Uuid())


def _of(entity: Any, key: Any) -> tuple[Any, Any]:
    """Return what joins a table by a key, within the merchant."""
    return entity, and_(entity.merchant_id == _MERCHANT, entity.id == key)


_NEWER = aliased(Release)
_STILL_LAST = Statement(
    select(Release.id).where(
        Release.merchant_id == _MERCHANT,
        Release.id == any_(bindparam("releases", type_=ARRAY(Uuid()))),
        ~exists().where(
            _NEWER.merchant_id == _MERCHANT,
            _NEWER.account_id == Release.account_id,
            _NEWER.type == Release.type,
            _NEWER.received_at > Release.received_at,
        ),
    )
)
_BROUGHT = Statement(
    select(Release.state, Release.state_reason, Release.number, Product.sku)
    .select_from(MessageRelease)
    .join(*_of(Release, MessageRelease.release_id))
    .join(*_of(ContractLine, Release.contract_line_id))
    .join(*_of(Product, ContractLine.product_id))
    .where(
        MessageRelease.merchant_id == _MERCHANT,
        MessageRelease.message_id == bindparam("message", type_=Uuid()),
    )
    .order_by(Product.sku, Release.id)
)


def _side(code: str | None, qualifier: str | None) -> Identification:
    return Identification(code or "", qualifier or "")


def _remark(finding: dict[str, Any]) -> Remark:
    place = " ".join(str(it) for it in (finding["tag"], finding["segment_no"]) if it is not None)
    text = f"{place}: {finding['text']}" if place else finding["text"]
    return Remark(finding["syntax_code"], text)
