"""What became of what a message says is told to its partner with APERAK, where it wants that."""

from collections.abc import Sequence
from typing import Any

from commands.messages import outbox
from commands.writing.transaction import Writing
from kit.standards.edifact.answers import content
from kit.standards.edifact.answers.control import ANSWERS
from kit.standards.edifact.charsets import CODECS
from kit.standards.edifact.parts import Header, Identification
from models.messages.interchanges import Interchange, InterchangeMessage, MessageFate
from models.messages.partners import ContentAnswer, PartnerProfile

_DECIDED = frozenset({MessageFate.READ, MessageFate.REFUSED})
"""Fates that are decisions on content; what we failed to read, or cannot, may still be read."""


async def answer(
    writing: Writing, message: InterchangeMessage, findings: Sequence[dict[str, Any]]
) -> None:
    """Tell a partner what became of a message that was settled; an answer is never answered."""
    if message.fate not in _DECIDED or message.type in ANSWERS:
        return
    key = message.interchange_id
    interchange = (await writing.get(Interchange, {key: ()}))[key]
    identifier, _, version = (interchange.syntax or "").partition(":")
    wanted: Any = {interchange.partner_id: ()}
    (partner,) = (await writing.get(PartnerProfile, wanted)).values()
    remarks = [_remark(it) for it in findings if it["is_error"]]
    if identifier not in CODECS or not _is_wanted(partner, remarks):
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
    verdict = content.Verdict.SOME if remarks else content.Verdict.ALL
    if message.fate is MessageFate.REFUSED:
        verdict = content.Verdict.NOTHING
    reference = interchange.reference or ""
    body = content.application_body(reference, message.reference, verdict, remarks, writing.now)
    await outbox.write(writing, partner, outbox.Outgoing(header, content.KIND, body, key))


def _is_wanted(partner: PartnerProfile, remarks: Sequence[content.Remark]) -> bool:
    wanted = partner.content_answer
    return wanted is ContentAnswer.ALWAYS or (wanted is ContentAnswer.ON_FINDINGS and bool(remarks))


def _side(code: str | None, qualifier: str | None) -> Identification:
    return Identification(code or "", qualifier or "")


def _remark(finding: dict[str, Any]) -> content.Remark:
    place = " ".join(str(it) for it in (finding["tag"], finding["segment_no"]) if it is not None)
    text = f"{place}: {finding['text']}" if place else finding["text"]
    return content.Remark(finding["syntax_code"], text)
