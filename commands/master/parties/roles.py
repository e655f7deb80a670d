"""What parties are to the merchant: they act in their roles only, and keep those that are used.

Whoever is about to use a party in a role holds it (`held`), and whoever changes roles locks it:
neither comes between the other's look and its commit. Roles are looked at in a party
that is held, which `HeldParty` says.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, NewType

from sqlalchemy import (
    ARRAY,
    DateTime,
    Uuid,
    any_,
    bindparam,
    column,
    func,
    or_,
    select,
    true,
    union_all,
)

from commands.master.parties.inputs import PartyUpsert
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.errors import Code, Path, Refusals, Refused
from models.access.keys import ApiKey
from models.access.viewers import Actor, anyone
from models.base.guards import guards
from models.base.records import columns, record
from models.base.tables import entity_named, fixed
from models.base.visibility import seen_by
from models.master.parties import Party, PartyRole

USES = {
    PartyRole.CUSTOMER: (
        ("Contract", "party_id"),
        ("Order", "party_id"),
        ("PriceList", "party_id"),
    ),
    PartyRole.CARRIER: (("Parcel", "carrier_id"), ("Contract", "carrier_id")),
    PartyRole.FULFILMENT_PROVIDER: (("Location", "provider_id"),),
}
"""Role -> tables, with the column that names a party in it."""
_KEYS = {PartyRole.CUSTOMER: Actor.BUYER, PartyRole.CARRIER: Actor.CARRIER}
"""Role -> whose keys are bound to a party in it, as long as they live."""

HeldParty = NewType("HeldParty", Party)
"""A party of which nobody takes a role away before the transaction ends."""


async def held(writing: Writing, wanted: Mapping[str, Collection[Any]]) -> Sequence[HeldParty]:
    """Read and hold the parties that the viewer sees of those that are wanted, by one statement.

    They are locked in id order, as little as rows that name them lock them later.
    wanted: unique column -> keys.
    """
    keys = {name: list(of) for name, of in wanted.items() if of}
    if not keys:
        return []
    statement = _held(writing.viewer.actor, tuple(keys))
    return await writing.session.rows(statement, {**writing.parameters, **keys})


@cache
def _held(actor: Actor, names: tuple[str, ...]) -> Statement:
    """Build the statement of `held`. names: columns, each with a parameter of its own."""
    of = [(getattr(Party, name), name) for name in names]
    named = [it == any_(bindparam(name, type_=ARRAY(it.type))) for it, name in of]
    rows = select(*columns(Party)).where(*seen_by(anyone(actor), Party), or_(*named))
    rows = rows.order_by(Party.id).with_for_update(of=Party, read=True, key_share=True)
    return Statement(rows, record(Party))


@guards("R1")
def check_role(party: HeldParty, role: PartyRole, path: Path) -> None:
    """Refused: INVALID where a party is to act in a role that it does not have."""
    if role not in party.roles:
        what = role.value.lower().replace("_", " ")
        raise Refused(Code.INVALID, f"This party is no {what}.", path)


@guards("R1")
async def check_kept(
    writing: Writing, found: Mapping[str, Party], inputs: Sequence[PartyUpsert]
) -> None:
    """Look whether parties lose roles in which somebody has used them. found: number -> party.

    They are locked, so that whoever held one has said what for. One statement for all of them, none
    where none loses any. Refused: IN_USE.
    """
    lost = [
        (place, found[each.number], role)
        for place, each in enumerate(inputs)
        if each.number in found and "roles" in each.model_fields_set
        for role in found[each.number].roles
        if role in USES and role not in each.roles
    ]
    if not lost:
        return
    keys = [party.id for _, party, _ in lost]
    values = {"merchant": writing.viewer.merchant_id, "keys": keys, "now": writing.now}
    used = {(it.key, it.role) for it in await writing.session.rows(_used(), values)}
    refusals = Refusals()
    for place, party, role in lost:
        if (party.id, role) in used:
            what = role.value.lower().replace("_", " ")
            text = f"{party.name} has been used as a {what}, and stays one."
            with refusals:
                raise Refused(Code.IN_USE, text, ("parties", place, "roles"))
    refusals.end()


@cache
def _used() -> Statement:
    """Select (party id, role) of what is used, once each."""
    merchant = bindparam("merchant", type_=Uuid())
    listed = func.unnest(bindparam("keys", type_=ARRAY(Uuid())))
    keys = listed.table_valued(column("key", Uuid()), name="wanted").render_derived()
    uses = []
    for role, tables in USES.items():
        for name, naming in tables:
            table: Any = entity_named(name)
            of_party = (table.merchant_id == merchant, getattr(table, naming) == keys.c.key)
            uses.append((role, select(table.id).where(*of_party)))
    now = bindparam("now", type_=DateTime(timezone=True))
    lives = (ApiKey.revoked_at.is_(None), func.coalesce(ApiKey.expires_at > now, true()))
    for role, actor in _KEYS.items():
        bound = (ApiKey.merchant_id == merchant, ApiKey.bound_to == keys.c.key)
        uses.append((role, select(ApiKey.id).where(*bound, ApiKey.actor == actor, *lives)))
    return Statement(
        union_all(
            *(
                select(keys.c.key, fixed(role).label("role")).where(rows.correlate(keys).exists())
                for role, rows in uses
            )
        )
    )
