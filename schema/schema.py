"""The whole schema: every room's roots put together, with the operation's extensions."""

from collections.abc import AsyncIterator
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.extensions import ParserCache, SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types
from strawberry.types import ExecutionContext

from execution.planned import Planned
from execution.plans import Planner
from schema.call_offs import CallOffsMutation, CallOffsQuery
from schema.catalog import CatalogMutation, CatalogQuery
from schema.channels import ChannelsMutation, ChannelsQuery
from schema.contracts import ContractsMutation, ContractsQuery
from schema.deliveries import DeliveriesMutation, DeliveriesQuery
from schema.errors import shown
from schema.limits import KEPT, Deadline, Limited
from schema.locations import LocationsMutation, LocationsQuery
from schema.operations import NamedOperation
from schema.orders import OrdersMutation, OrdersQuery
from schema.parcels import ParcelsQuery
from schema.parties import PartiesMutation, PartiesQuery
from schema.releases import ReleasesMutation
from schema.scalars import FORMS, SCALARS
from schema.tracking import TrackingMutation
from schema.viewer import ViewerQuery

Query = merge_types(
    "Query",
    (
        ViewerQuery,
        CallOffsQuery,
        CatalogQuery,
        ChannelsQuery,
        ContractsQuery,
        DeliveriesQuery,
        LocationsQuery,
        OrdersQuery,
        ParcelsQuery,
        PartiesQuery,
    ),
)
Mutation = merge_types(
    "Mutation",
    (
        CallOffsMutation,
        CatalogMutation,
        ChannelsMutation,
        ContractsMutation,
        DeliveriesMutation,
        LocationsMutation,
        OrdersMutation,
        PartiesMutation,
        ReleasesMutation,
        TrackingMutation,
    ),
)


PLANNER = Planner(FORMS)
"""The plans of this process; what it counts is shown by the metrics."""


class OneOperation(SchemaExtension):
    """Gives every operation a time, a read connection and loaders of its own."""

    async def on_operation(self) -> AsyncIterator[None]:
        """Open before the operation, close after it."""
        context = self.execution_context.context
        context.begin()
        try:
            yield
        finally:
            await context.finish()


class Schema(strawberry.Schema):
    """Strawberry's schema with our error contract."""

    def _get_custom_context_kwargs(
        self, operation_extensions: dict[str, Any] | None = None, *, sync: bool = False
    ) -> dict[str, Any]:
        """Keep "Did you mean" out of errors in variables too."""
        given = super()._get_custom_context_kwargs(operation_extensions, sync=sync)
        return given | {"hide_suggestions": True}

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Give every error its code; faults are logged where they are masked."""
        del execution_context
        errors[:] = [shown(error) for error in errors]


def _described(root: Any, description: str) -> Any:
    root.__strawberry_definition__.description = description
    return root


schema = Schema(
    query=_described(Query, "Everything that can be read."),
    mutation=_described(Mutation, "Everything that can be done."),
    config=StrawberryConfig(scalar_map=SCALARS),
    extensions=[
        OneOperation,
        Deadline,
        Limited,
        lambda: ParserCache(maxsize=KEPT),
        NamedOperation,
        lambda: Planned(PLANNER),
    ],
)
