"""What clients ask about contracts and do with them."""

import strawberry

from commands.trade.contracts import amend, create, life, settle
from commands.trade.releases.decisions.resume import resume
from execution.fields import related
from loaders.trade import contracts as loaders
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
    contracts: Connection[Contract] | None = connection(
        loaders.every,
        "Contracts.",
        key=None,
        filters=loaders.ContractFilter,
        sorts=loaders.ContractSort,
    )


@strawberry.type
class ContractsMutation:
    """Mutations of contracts."""

    contract_create: ContractCreatePayload = mutation(create.create)
    contract_amend: ContractAmendPayload = mutation(amend.amend)
    contract_activate: ContractActivatePayload = mutation(life.activate)
    contract_suspend: ContractSuspendPayload = mutation(life.suspend)
    contract_resume: ContractResumePayload = mutation(resume)
    contract_terminate: ContractTerminatePayload = mutation(life.terminate)
    contract_settle: ContractSettlePayload = mutation(settle.settle)
