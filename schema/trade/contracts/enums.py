"""The words of contracts, described for clients."""

from loaders.trade.contracts import ContractSort
from models.trade.contracts.acts import ContractAction
from models.trade.contracts.guarantees import SupplyExcuse, SupplyPeriod
from models.trade.contracts.states import ContractState, EndOfLife, ReservationStrategy
from schema.graphql.enums import described, offered

described(
    ContractState,
    "ContractState",
    "Where a contract stands. EXHAUSTED and EXPIRED follow from its lines and its days; see also"
    " `isExhausted` and `isExpired`, of which neither hides the other.",
    DRAFT="Not in force yet.",
    ACTIVE="In force: it can be called off.",
    SUSPENDED="Stopped for a time.",
    EXHAUSTED="In force, and the agreed quantity of every line is called off; the tolerance may"
    " still be used. A cancelled call-off makes it ACTIVE again.",
    EXPIRED="Its last day is over.",
    TERMINATED="Ended before its time.",
    SETTLED="Its account is closed.",
)
offered(
    ContractAction,
    "ContractAction",
    "What the viewer may do now with a contract.",
    "contract",
    TERMINATE="`contractTerminate`, perhaps with `keepCallOffs`.",
)
described(
    ReservationStrategy,
    "ReservationStrategy",
    "When goods are set aside for a contract.",
    AT_CONFIRM="When it comes into force.",
    AT_CALL_OFF="When they are called off.",
)
described(
    EndOfLife,
    "EndOfLife",
    "What happens to the quantity that was not called off when a contract ends.",
    EXPIRE="It lapses; what is missing to the minimum is recorded.",
    DELIVER_REST="It is called off and delivered after the last day, too: the contract is settled"
    " once nothing of the targets remains, or when it is terminated.",
    INVOICE_SHORTFALL="What is missing to the minimum is invoiced: `Shortfall.invoiced`.",
    CARRY_OVER="It goes over to the contract that `contractSettle` names.",
)
described(
    SupplyPeriod,
    "SupplyPeriod",
    "A calendar period at the contract's time zone.",
    DAY="A day.",
    WEEK="A week, from Monday on.",
    MONTH="A month.",
)
described(
    SupplyExcuse,
    "SupplyExcuse",
    "Why goods come later than they were guaranteed; a guarantee says which of it excuses.",
    FORCE_MAJEURE="Nobody could help it.",
    CUSTOMER_REQUEST="The client asked for it.",
    CUSTOMER_NOT_READY="The client could not take it in.",
    CUSTOMER_UNPAID="The client's payment was awaited.",
    CUSTOMS="It waited for customs.",
    STRIKE="Work was stopped.",
)
described(
    ContractSort,
    "ContractSort",
    "Order of a contract list.",
    NUMBER="By number.",
    NUMBER_DESC="By number, last first.",
    VALID_TO="By the last day of validity.",
    VALID_TO_DESC="By the last day of validity, last first.",
    CREATED_AT="By the time of creation.",
    CREATED_AT_DESC="By the time of creation, last first.",
)

__all__ = [
    "ContractAction",
    "ContractSort",
    "ContractState",
    "EndOfLife",
    "ReservationStrategy",
    "SupplyExcuse",
    "SupplyPeriod",
]
