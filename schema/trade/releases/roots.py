"""What clients ask about releases and do with them."""

import strawberry

from commands.trade.releases import record
from commands.trade.releases.accounts import opening_balances
from commands.trade.releases.decisions import answer, decide, withdraw
from execution.fields import related
from loaders.trade import contracts as contract_loaders
from loaders.trade.releases import lists as loaders
from schema.graphql.bulk import UpsertResult
from schema.graphql.connections import Connection, connection
from schema.graphql.mutations import Payload, mutation
from schema.trade.contracts.types import ContractLine
from schema.trade.releases.accounts import CumulativeAccount
from schema.trade.releases.types import Release


@strawberry.type(description="Outcome of `contractRelease`.")
class ContractReleasePayload(Payload):
    """The release and the line that it is for."""

    release: Release | None = related(
        loaders.by_id, "The release; null when refused.", key="release_id"
    )
    contract_line: ContractLine | None = related(
        contract_loaders.line_by_id, "The line; null when refused.", key="contract_line_id"
    )


@strawberry.type(description="What happened to one schedule of a bulk call.")
class ReleaseRecordResult(UpsertResult):
    """One result."""

    release: Release | None = related(
        loaders.by_id, "The release; null when refused.", key="release_id"
    )
    contract_line: ContractLine | None = related(
        contract_loaders.line_by_id, "The line; null when refused.", key="contract_line_id"
    )


@strawberry.type(description="Outcome of `releasesRecord`.")
class ReleasesRecordPayload(Payload):
    """The results, in the order of the input."""

    results: list[ReleaseRecordResult] | None = strawberry.field(
        description="One result for each schedule; null when the whole call was refused."
    )


@strawberry.type(description="What happened to one opening balance of a bulk call.")
class AccountOpenResult(UpsertResult):
    """One result."""

    account: CumulativeAccount | None = related(
        loaders.account_by_id, "The account; null when refused.", key="account_id"
    )


@strawberry.type(description="Outcome of `accountsOpen`.")
class AccountsOpenPayload(Payload):
    """The results, in the order of the input."""

    results: list[AccountOpenResult] | None = strawberry.field(
        description="One result for each balance; null when the whole call was refused."
    )


@strawberry.type(description="Outcome of `releaseConsent`.")
class ReleaseConsentPayload(ContractReleasePayload):
    """The release, in force once nothing of it awaits consent any more."""


@strawberry.type(description="Outcome of `releaseReject`.")
class ReleaseRejectPayload(ContractReleasePayload):
    """The release that does not come into force."""


@strawberry.type(description="Outcome of `releaseWithdraw`.")
class ReleaseWithdrawPayload(ContractReleasePayload):
    """The release that was taken back."""

    restored: Release | None = related(
        loaders.by_id, "The one before, in force again; null for none.", key="restored_id"
    )


@strawberry.type(description="Outcome of `releaseAnswer`.")
class ReleaseAnswerPayload(ContractReleasePayload):
    """The release with its answer."""


@strawberry.type
class ReleasesQuery:
    """Root fields that read releases."""

    releases: Connection[Release] | None = connection(
        loaders.every,
        "Releases of all contracts, for example those that wait for consent.",
        key=None,
        filters=loaders.ReleaseFilter,
        sorts=loaders.ReleaseSort,
    )


@strawberry.type
class ReleasesMutation:
    """Mutations of releases."""

    contract_release: ContractReleasePayload = mutation(record.release)
    releases_record: ReleasesRecordPayload = mutation(record.record_all)
    accounts_open: AccountsOpenPayload = mutation(opening_balances.open_all)
    release_consent: ReleaseConsentPayload = mutation(decide.consent)
    release_reject: ReleaseRejectPayload = mutation(decide.reject)
    release_withdraw: ReleaseWithdrawPayload = mutation(withdraw.withdraw)
    release_answer: ReleaseAnswerPayload = mutation(answer.answer)
