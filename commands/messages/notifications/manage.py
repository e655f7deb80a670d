"""What people decide on notifications: which they want when, and that one is sent again."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from pydantic import Field
from sqlalchemy import func, or_, select, update

from commands.access.settings import MailAddress
from commands.messages.notifications.kinds import READ_BY
from commands.writing.counters import stand_in_line
from commands.writing.transaction import Outcome, Writing, check_remembered
from commands.writing.verbs import verb
from kit.errors import Code, Refused
from kit.ids import Names, new_id
from kit.inputs import Command, Input, refuse_duplicates
from kit.outgoing.headers import is_address
from models.access.viewers import Scope
from models.base.acts import Act, Transition
from models.events.messages.notifications import (
    NotificationPreferenceStated,
    NotificationWantedAgain,
)
from models.master.parties import Contact
from models.messages.notifications import (
    Notification,
    NotificationKind,
    NotificationMail,
    NotificationPreference,
    NotificationState,
    NotificationTiming,
)

RESEND = Transition(
    Scope.NOTIFICATIONS_MANAGE,
    frozenset(NotificationState),
    becomes=NotificationState.PENDING,
)
STATE = Act(Scope.NOTIFICATIONS_MANAGE)
MOST_NOTIFIED_STAFF = 200
"""Addresses of a merchant that are told whoever's orders those are: each is a mail of each."""


class NotificationResend(Command):
    """A notification that is to be sent again, or now."""

    notification_id: Annotated[UUID, Names("Notification")] = Field(description="It.")


@verb(
    RESEND,
    "Let a notification be sent again, as things stand then, in a mail of its own. One that is"
    " PENDING is sent now, with all that its mail tells: before more is gathered, before the mail"
    " of the day or the next try, and in quiet hours, too.",
)
async def resend(writing: Writing, command: NotificationResend) -> Outcome:
    """Put it into a new mail, or hurry the one that waits.

    Refused: NOT_FOUND; WRONG_STATE where it is being sent, was forgotten, or has an address that no
    server takes.
    """
    key, path = command.notification_id, ("notification_id",)
    waiting = (await writing.get(Notification, {key: path}))[key]
    if waiting.state is NotificationState.PENDING:
        await _hurry(writing, waiting.mail_id)
    else:
        row = (await writing.lock(Notification, {key: path}))[key]
        await _put_into_a_new_mail(writing, row)
    writing.record(NotificationWantedAgain(key))
    return {"notification_id": key}


async def _hurry(writing: Writing, mail_id: UUID) -> None:
    """Let a mail go now. Only it is locked: who sends it locks it before what it tells."""
    of = NotificationMail
    is_free = or_(of.leased_until.is_(None), of.leased_until < writing.now)
    own = (of.merchant_id == writing.viewer.merchant_id, of.id == mail_id, is_free)
    now = func.least(of.next_at, writing.now)
    hurried = update(of).where(*own).values(next_at=now).returning(of.id)
    if (await writing.session.execute(hurried)).one_or_none() is None:
        raise Refused(Code.WRONG_STATE, "It is being sent.", ("notification_id",))


async def _put_into_a_new_mail(writing: Writing, row: Notification) -> None:
    """Let what was sent, or was not, be sent again; what somebody did so meanwhile stays."""
    if row.address is None:
        text = "Its subscriber was forgotten: there is no address any more."
        raise Refused(Code.WRONG_STATE, text, ("notification_id",))
    if not is_address(row.address):
        text = "Its address is none that a mail server takes."
        raise Refused(Code.WRONG_STATE, text, ("notification_id",))
    row.state, row.reason, row.code = RESEND.becomes, None, None
    row.sent_at = row.message_id = None
    row.mail_id, row.is_daily = new_id(), False
    own = {"merchant_id": row.merchant_id, "id": row.mail_id}
    writing.session.add(NotificationMail(**own, next_at=writing.now, attempts=0))


class NotificationWish(Input):
    """When somebody wants to be told of a kind."""

    kind: NotificationKind = Field(description="The kind; each once.")
    timing: NotificationTiming = Field(description="When it is told.")


class NotificationPreferencesSet(Command):
    """What one person wants: a contact, or whoever has an address. Other kinds stay as they are."""

    contact_id: Annotated[UUID, Names("Contact")] | None = Field(
        None,
        description="The contact; of a kind that it gets now or daily it is told whoever of its"
        " company has ordered. Either this or `address`.",
    )
    address: MailAddress | None = Field(
        None,
        description="The mail address of a guest, a recipient, or one of the merchant's staff.",
    )
    is_staff: bool = Field(
        default=False,
        description="Whether the address is told whoever's orders and contracts those are.",
    )
    preferences: list[NotificationWish] = Field(
        min_length=1, max_length=len(NotificationKind), description="What it wants."
    )


@verb(STATE, "Say when a contact, a guest or somebody of the staff is told of which kinds.")
async def prefer(writing: Writing, command: NotificationPreferencesSet) -> Outcome:
    """Write preferences.

    Refused: NOT_FOUND, WRONG_STATE for a contact that was forgotten, INVALID for both or none of
    the two, DUPLICATE, NOT_ALLOWED for a kind that a contact or staff is to be told of what your
    key does not read, TOO_MANY_ITEMS for one address of staff too many.
    """
    refusals = writing.refusals
    with refusals:
        refuse_duplicates((it.kind for it in command.preferences), ("preferences",), "kind")
    with refusals:
        if (command.contact_id is None) is (command.address is None):
            raise Refused(Code.INVALID, "Give a contact or an address.", ("contact_id",))
    with refusals:
        if command.is_staff and command.contact_id is not None:
            raise Refused(Code.INVALID, "A contact is one of its company's.", ("is_staff",))
    with refusals:
        if command.contact_id is not None:
            wanted = {command.contact_id: ("contact_id",)}
            contact = (await writing.lock(Contact, wanted))[command.contact_id]
            check_remembered(contact, ("contact_id",))
    if command.is_staff or command.contact_id is not None:
        _check_may_read(writing, command.preferences)
    refusals.end()
    if command.is_staff:
        await _check_count(writing, command.address)
    subscriber = Subscriber(command.contact_id, command.address, command.is_staff)
    wishes = {it.kind: it.timing for it in command.preferences}
    return {"notification_preference_ids": await state_wishes(writing, subscriber, wishes)}


def _check_may_read(writing: Writing, wishes: Sequence[NotificationWish]) -> None:
    """Refuse to subscribe anybody to what its key does not read: kept in refusals."""
    for place, wish in enumerate(wishes):
        missing = sorted(READ_BY[wish.kind] - writing.viewer.scopes)
        with writing.refusals:
            if missing and wish.timing is not NotificationTiming.NEVER:
                text = f"Your key lacks the scope {missing[0]}, which reads what these mails tell."
                raise Refused(Code.NOT_ALLOWED, text, ("preferences", place, "kind"))


async def _check_count(writing: Writing, address: str | None) -> None:
    """Look how many others are told of everything, after who adds one at the same time.

    Refused: TOO_MANY_ITEMS.
    """
    await stand_in_line(writing, "notified staff ")
    of = NotificationPreference
    others = select(func.count(of.address.distinct())).where(
        of.merchant_id == writing.viewer.merchant_id, of.is_staff, of.address != address
    )
    if await writing.session.scalar(others) >= MOST_NOTIFIED_STAFF:  # type: ignore[operator]
        text = f"{MOST_NOTIFIED_STAFF} addresses of staff are told of everything already."
        raise Refused(Code.TOO_MANY_ITEMS, text, ("address",))


class Subscriber(NamedTuple):
    """Whose wishes they are: a contact's or an address's. is_staff: None as it was."""

    contact_id: UUID | None
    address: str | None
    is_staff: bool | None = None


async def state_wishes(
    writing: Writing, of: Subscriber, wishes: Mapping[NotificationKind, NotificationTiming]
) -> list[UUID]:
    """Write when somebody is told of kinds, and return the preferences' ids."""
    column = "address" if of.contact_id is None else "contact_id"
    keys = [of.contact_id or of.address]
    rows = await writing.among(NotificationPreference, column, keys, "id", lock=True)
    found = {it.kind: it for it in rows}
    return [_state(writing, of, kind, at, found.get(kind)) for kind, at in wishes.items()]


def _state(
    writing: Writing, of: Subscriber, kind: NotificationKind, timing: NotificationTiming, row: Any
) -> UUID:
    """Write one preference; what changes nothing is not told."""
    before = None
    if row is None:
        who = {"contact_id": of.contact_id, "address": of.address, "is_staff": False}
        own = {"merchant_id": writing.viewer.merchant_id, "id": new_id()}
        row = NotificationPreference(**own, **who, kind=kind, timing=timing)
        writing.session.add(row)
    else:
        before = row.timing, row.is_staff
    row.timing = timing
    if of.is_staff is not None:
        row.is_staff = of.is_staff
    if before != (row.timing, row.is_staff):
        writing.record(NotificationPreferenceStated(row.id, kind=kind, timing=timing))
    return row.id  # type: ignore[no-any-return]
