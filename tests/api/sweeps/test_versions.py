"""Whatever changes an order or a delivery raises its version; `expectedVersion` counts on that."""

import pytest

from tests.prepared import Prepared

TOLD_BY_PARCELS: set[tuple[str, str]] = set()


@pytest.mark.prepared("everything")
def test_every_mutation_that_changes_a_row_raises_its_version(prepared: Prepared) -> None:
    assert prepared.kept == TOLD_BY_PARCELS
    assert {
        (name, "Order")
        for name in (
            *("orderHold", "orderReleaseHold", "orderConfirm", "orderAnswerAmendment"),
            *("orderApprove", "orderReject", "orderCancelLines", "orderClose", "orderStateAmounts"),
            *("ordersUpdate", "orderAddLines", "orderRecordPayment"),
        )
    } <= prepared.raised
