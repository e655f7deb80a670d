"""Whatever changes an order or a delivery raises its version: `expectedVersion` counts on that."""

import pytest

from tests.prepared import Prepared

OF_ORDERS = (
    *("orderHold", "orderReleaseHold", "orderConfirm", "orderAnswerAmendment", "orderApprove"),
    *("orderReject", "orderCancelLines", "orderClose", "orderStateAmounts", "orderAddLines"),
    *("ordersUpdate", "orderRecordPayment"),
)


@pytest.mark.prepared("everything")
def test_every_mutation_that_changes_a_row_raises_its_version(prepared: Prepared) -> None:
    assert prepared.kept == frozenset()
    assert {(name, "Order") for name in OF_ORDERS} <= prepared.raised
