"""Releases in force that are taken back in random play."""

from uuid import UUID

from hypothesis.stateful import rule

from commands.trade.releases.decisions.withdraw import ReleaseWithdraw, withdraw
from tests.simulation.accounts import AccountRules
from tests.simulation.simulation import PICK


class WithdrawalRules(AccountRules):
    """Rules about releases that customers send by mistake."""

    @rule(pick=PICK)
    def take_back(self, pick: int) -> None:
        """Take a release back that is in force: what is open is that of the one before."""
        active = [it for it in self.rows["releases"] if it["state"] == "ACTIVE"]
        if not active:
            return
        chosen = active[pick % len(active)]
        self.world.clock.advance(seconds=1)
        done = self.act(withdraw, ReleaseWithdraw, release_id=UUID(chosen["id"]), reason="Wrong.")
        if done is None:
            return
        states = {it["id"]: it["state"] for it in self.rows["releases"]}
        restored = states.get(str(done["restored_id"]), "ACTIVE")
        assert (states[chosen["id"]], restored) == ("REJECTED", "ACTIVE")
