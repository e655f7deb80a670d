"""A token of an identity provider may name the person that it speaks for."""

import pytest
from sqlalchemy import select

from models.master.parties import Contact
from tests import make
from tests.make.issuer import Provider, key
from tests.make.master import parties
from transport.identity.issuers import Claims
from transport.identity.oidc import Issuers

KEY = key("a")


@pytest.mark.parametrize("code", ["ANNA", "NOBODY", "", 123, ["ANNA"], "A" * 256, None])
async def test_a_token_may_name_the_person_at_its_company(
    world: make.World, clock: make.Clock, code: object
) -> None:
    own = await parties.company(world, number="WEBER")
    await parties.company(world, number="OTHER")
    claims = {"merchant": str(world.merchant_id), "party": "WEBER", "contact": code, "name": code}
    with Provider(clock, KEY).serving() as provider:
        configured = provider.configured(claims=Claims(merchant="merchant", contact="contact"))
        viewer = await Issuers([configured], world.database, clock).viewer(
            provider.token(KEY, **claims)
        )
    assert viewer is not None
    async with world.database.owner.writing(world.merchant_id) as session:
        anna = await session.scalar(select(Contact.id).where(Contact.party_id == own))
    assert viewer.contact_id == (anna if code == "ANNA" else None)
