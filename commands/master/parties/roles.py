"""What parties are to the merchant: they act in their roles only, and keep those that are used."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Uuid, bindparam, column, func, literal_column, select, union_all

from commands.master.parties.inputs import PartyUpsert
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.errors import Code, Path, Refused
from models.base.guards import guards
from models.base.tables import entity_named
from models.master.parties import Party, PartyRole

USES = {
    PartyRole.CUSTOMER: (("Contract", "party_id"), ("Order", "party_id")),
    PartyRole.CARRIER: (("Parcel", "carrier_id"),),
    PartyRole.FULFILMENT_PROVIDER: (("Location", "provider_id"),),
}
"""Role -> tables, with the column that names a party in it."""


@guards("R1")
def check_role(party: Party, role: PartyRole, path: Path) -> None:
    """Refused: INVALID where a party is to act in a role that it does not have."""
    if role not in party.roles:
        what = role.value.lower().replace("_", " ")
        raise Refused(Code.INVALID, f"{party.name} is no {what}.", path)


@guards("R1")
async def check_kept(
    writing: Writing, found: Mapping[str, Party], inputs: Sequence[PartyUpsert]
) -> None:
    """Look whether parties lose roles in which somebody has used them. found: number -> party.

    One statement for all of them, none where none loses any. Refused: IN_USE.
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
    values = {"merchant": writing.viewer.merchant_id, "keys": keys}
    used = {(key, role) for key, role in await writing.session.rows(_used(), values)}
    for place, party, role in lost:
        if (party.id, role) in used:
            what = role.value.lower().replace("_", " ")
            text = f"{party.name} has been used as a {what}, and stays one."
            raise Refused(Code.IN_USE, text, ("parties", place, "roles"))


@cache
def _used() -> Statement:
    """Select (party id, role) of what is used, once each."""
    merchant = bindparam("merchant", type_=Uuid())
    listed = func.unnest(bindparam("keys", type_=ARRAY(Uuid())))
    keys = listed.table_valued(column("key", Uuid()), name="wanted").render_derived()
    selects = []
    for role, tables in USES.items():
        for name, naming in tables:
            table: Any = entity_named(name)
            uses = select(table.id).where(
                table.merchant_id == merchant, getattr(table, naming) == keys.c.key
            )
            selects.append(
                select(keys.c.key, literal_column(f"'{role}'").label("role")).where(
                    uses.correlate(keys).exists()
                )
            )
    return Statement(union_all(*selects))
