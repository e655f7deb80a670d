"""What operations cost their keys: charged before anything is read, corrected by what was read."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from resolvers.running.buckets import Bill, Throttled
from schema.graphql.errors import ClientError, ErrorCode
from schema.graphql.extensions.limits import measured

ENTRY = 1
"""Points of a request, whatever it asks: also one whose document cannot be read."""
PAID_LINES, LINES_A_POINT = 50, 5
"""Lines that a mutation touches for its own points, and how many more cost a point each."""


async def charged(bill: Bill, points: int) -> None:
    """Charge a key. ClientError: it has spent its points, and nothing was executed."""
    try:
        await bill.charge(points)
    except Throttled as throttled:
        bill.settle(0)
        raise _spent(throttled) from throttled


def _spent(throttled: Throttled) -> ClientError:
    message = f"This key or its merchant has spent its points. Try again in {throttled.seconds} s."
    return ClientError(ErrorCode.THROTTLED, message, retryAfter=throttled.seconds)


async def charged_for_lines(bill: Bill, lines: int) -> None:
    """Charge what a mutation names, before it begins. ClientError: the points are not there."""
    try:
        await bill.charge(bill.actual + points_of(lines))
        bill.requested = (bill.requested or 0) + points_of(lines)
    except Throttled as throttled:
        raise _spent(throttled) from throttled


def costs(bill: Bill) -> dict[str, Any]:
    """Return the extensions of an answer that tell what it has cost."""
    requested = bill.requested or ENTRY
    cost = {"requestedQueryCost": requested, "actualQueryCost": bill.actual}
    cost |= {"planningCost": bill.owed} if bill.owed else {}
    return {"cost": {**cost, "throttleStatus": bill.status}}


def points_of(lines: int) -> int:
    """Return what lines cost beyond the first ones, which a mutation's own points pay for."""
    return max(0, lines - PAID_LINES) // LINES_A_POINT


class Charged(SchemaExtension):
    """Charges what an operation may cost, refunds what it did not, and tells both.

    Each event of a subscription is charged (`Context.next_event`) and refunded like a query.
    """

    _follows = False

    async def on_validate(self) -> AsyncIterator[None]:
        """Charge what has passed the limits and the rules of validation."""
        context = self.execution_context
        bill: Bill = context.context.bill
        if not context.pre_execution_errors and bill.requested:
            await charged(bill, bill.requested)
        yield

    def on_execute(self) -> Iterator[None]:
        """Refund or add what the answer's objects cost less or more than those announced.

        Also of one that took too long: it pays for what it had until then. Where its reading takes
        long, a mutation's and an event's too and however it ends, it has cost no less than what
        flows in meanwhile: so a bucket pays for one of the long ones at a time.
        """
        try:
            yield
        finally:
            self._settle()

    def _settle(self) -> None:
        execution, context = self.execution_context, self.execution_context.context
        result, bill = execution.result, context.bill
        if not execution.graphql_document:
            return
        self._follows = execution.operation_type is OperationType.SUBSCRIPTION
        spent = self._spent()
        has_failed = not result or bool(result.errors)
        if execution.operation_type is not OperationType.QUERY:
            spent = max(spent, bill.actual)
        elif has_failed:
            spent = max(spent, bill.actual) if context.reads.has_read else ENTRY
        bill.settle(max(spent, context.for_time, ENTRY))

    def _spent(self) -> int:
        execution = self.execution_context
        name, variables = execution.operation_name, execution.variables or {}
        return measured(execution).spent(name, variables, execution.context.work.paid)

    def get_results(self) -> dict[str, Any]:
        """Tell the cost in every answer; that of an event is known only here."""
        context = self.execution_context.context
        bill: Bill = context.bill
        if self._follows:
            bill.settle(max(self._spent(), context.for_time, ENTRY))
        return costs(bill)
