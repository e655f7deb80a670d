"""The access tokens of orders, for who may show them to somebody."""

from typing import Any

from sqlalchemy import ColumnElement, any_, case, or_

from loaders.reading.relations import Reader
from models.access.keys import secret_of
from models.access.tokens import order_token_in_sql
from models.access.viewers import Scope
from models.base.tables import fixed
from models.base.visibility import holding


def access_token(reader: Reader, order: Any) -> ColumnElement[Any]:
    """Sign an order's id for who manages orders, and for the storefront that has the token."""
    manages = fixed(Scope.ORDERS_MANAGE) == any_(reader.scopes)
    is_shown = or_(manages, order.id == holding(reader.viewer))
    return case((is_shown, order_token_in_sql(secret_of(reader.viewer), order.id)))
