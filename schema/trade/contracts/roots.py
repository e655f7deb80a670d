"""What clients ask about contracts and do with them."""

import strawberry

from commands.trade.contracts.amend import ContractAmend
from commands.trade.contracts.create import ContractCreate
from commands.trade.contracts.life import (
    ContractActivate,
    ContractResume,
    ContractSuspend,
    ContractTerminate,
)
from commands.trade.contracts.settle import ContractSettle
from execution import related
from loaders.trade import contracts as loaders
from models.access.viewers import Scope
from resolvers.trade import contracts as resolvers
from schema.graphql.connections import Connection, connection
from schema.graphql.mutations import Payload, mutation
from schema.graphql.roots import one_by
from schema.trade.contracts.types import Contract


@strawberry.type(description="Outcome of a mutation of one contract.")
class ContractPayload(Payload):
    """The contract that was changed."""

    contract: Contract | None = related(
        loaders.by_id, "The contract; null when refused.", key="contract_id"
    )


@strawberry.type(description="Outcome of `contractCreate`.")
class ContractCreatePayload(ContractPayload):
    """The new contract."""


@strawberry.type(description="Outcome of `contractAmend`.")
class ContractAmendPayload(ContractPayload):
    """The changed contract."""


@strawberry.type(description="Outcome of `contractActivate`.")
class ContractActivatePayload(ContractPayload):
    """The contract in force."""


@strawberry.type(description="Outcome of `contractSuspend`.")
class ContractSuspendPayload(ContractPayload):
    """The stopped contract."""


@strawberry.type(description="Outcome of `contractResume`.")
class ContractResumePayload(ContractPayload):
    """The contract in force again."""


@strawberry.type(description="Outcome of `contractTerminate`.")
class ContractTerminatePayload(ContractPayload):
    """The ended contract."""


@strawberry.type(description="Outcome of `contractSettle`.")
class ContractSettlePayload(ContractPayload):
    """The contract whose account is closed, with its shortfalls."""


@strawberry.type
class ContractsQuery:
    """Root fields that read contracts."""

    contract: Contract | None = one_by(
        "One contract, by id or number.", Contract=loaders.by_id, number=loaders.by_number
    )
    contracts: Connection[Contract] = connection(
        loaders.every,
        "Contracts.",
        key=None,
        filters=loaders.ContractFilter,
        sorts=loaders.ContractSort,
    )


@strawberry.type
class ContractsMutation:
    """Mutations of contracts."""

    contract_create: ContractCreatePayload = mutation(
        resolvers.create,
        ContractCreate,
        ContractCreatePayload,
        Scope.CONTRACTS_WRITE,
        "Create a contract with its lines, as a DRAFT.",
    )
    contract_amend: ContractAmendPayload = mutation(
        resolvers.amend,
        ContractAmend,
        ContractAmendPayload,
        Scope.CONTRACTS_WRITE,
        "Change a contract that is not over. Its party, number and currency stay.",
    )
    contract_activate: ContractActivatePayload = mutation(
        resolvers.activate,
        ContractActivate,
        ContractActivatePayload,
        Scope.CONTRACTS_WRITE,
        "Put a DRAFT into force.",
    )
    contract_suspend: ContractSuspendPayload = mutation(
        resolvers.suspend,
        ContractSuspend,
        ContractSuspendPayload,
        Scope.CONTRACTS_WRITE,
        "Stop call-offs and releases for a time.",
    )
    contract_resume: ContractResumePayload = mutation(
        resolvers.resume,
        ContractResume,
        ContractResumePayload,
        Scope.CONTRACTS_WRITE,
        "Let a SUSPENDED contract go on.",
    )
    contract_terminate: ContractTerminatePayload = mutation(
        resolvers.terminate,
        ContractTerminate,
        ContractTerminatePayload,
        Scope.CONTRACTS_WRITE,
        "End a contract before its time; open call-offs must be cancelled or kept explicitly.",
    )
    contract_settle: ContractSettlePayload = mutation(
        resolvers.settle,
        ContractSettle,
        ContractSettlePayload,
        Scope.CONTRACTS_WRITE,
        "Close the account of a contract that is TERMINATED or past its last day, and record what"
        " is missing to the minimum of each line.",
    )
