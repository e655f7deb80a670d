"""The words of contracts, described for clients."""

from loaders.trade.contracts import ContractSort
from models.trade.contracts.acts import ContractAction
from models.trade.contracts.findings import FindingCode
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
    FindingCode,
    "ReleaseFindingCode",
    "What is odd about a release. CONTRACT_OVER, CONTRACT_SUSPENDED and ISSUED_AHEAD always let it"
    " wait; of the others its contract says which do (`Contract.holdingFindings`).",
    CONTRACT_OVER="Its contract was ended, or its last day was over.",
    CONTRACT_SUSPENDED="Its contract was suspended.",
    CUMULATIVE_FELL="The customer has received less than it said before.",
    EXCEEDS_MAX="More is wanted in all than is agreed, beside what was issued before we counted.",
    FIRM_ZONE="Firm quantities fall in the firm zone.",
    GO_AHEAD_FELL="A go-ahead for production or material fell, or ends earlier.",
    ISSUED_AHEAD="Its time of issue is more than a day to come: it counts as issued when received.",
    JUMP="What is wanted has changed by more than `Contract.jumpPercent`.",
    LOT_MULTIPLE="A quantity is no whole lot.",
    NEW_PERIOD="It begins a new period; only firm quantities are compared with the one before.",
    NEW_PLACE="The first release for this place, beside others of the line.",
    NOTE_ELSEWHERE="It names a delivery note of ours that is of another place or contract line.",
    NOTHING_TO_UPDATE="It changes single lines of a schedule that is not there.",
    OUTDATED="A newer release was there already; where only the number of its transmission tells"
    " that, of VDA 4905, it waits for consent.",
    OUTSIDE_VALIDITY="Something is wanted outside of the contract's validity.",
    PERIOD_WENT_BACK="It counts from an earlier day than the releases before.",
    RECEIVED_ABOVE_ISSUED="The customer has received more than was issued.",
    REPEATED="It was there already.",
    UNKNOWN_NOTE="It names a delivery note that we never wrote, or that may be one of several.",
    UNKNOWN_PLACE="Its contract does not list the plant; or another place of its line may be the"
    " same one, since one of both names no plant, or no unloading point.",
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
    "FindingCode",
    "ReservationStrategy",
    "SupplyExcuse",
    "SupplyPeriod",
]
