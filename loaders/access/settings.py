"""A merchant as its own actors read it, and its settings."""

from collections import namedtuple
from collections.abc import Hashable, Mapping
from types import SimpleNamespace
from typing import Any

from sqlalchemy import and_, select

from loaders.reading.relations import Bind, ByColumn, One, Part, Reader, Rows
from models.access.keys import Merchant
from models.access.settings import MerchantSettings
from models.base.visibility import merchant, seen_by

_OF_SETTINGS = ("currency", "language", "support_email", "support_phone")
_COLUMNS = ("name", "time_zone", *_OF_SETTINGS)
by_id = One(MerchantSettings)


class OfViewer:
    """The settings of the viewer's merchant, as what no arguments choose."""

    source = MerchantSettings
    form: Hashable = "settings"
    values: Mapping[str, Any] = {}

    def row(self, reader: Reader, bind: Bind, key: None = None) -> Part:
        """Return the table and the select of the row."""
        del bind, key
        return by_id.part(reader, merchant(reader.viewer))


class _Merchants(ByColumn):
    """The viewer's merchant by its id, with what its settings say."""

    record = namedtuple("Merchant", _COLUMNS)  # type: ignore[misc]  # noqa: PYI024 -- as all records.

    def __init__(self) -> None:
        """Take the tables as what to learn types from."""
        self.source = self._row(Merchant, MerchantSettings)

    def _row(self, of: Any, settings: Any) -> SimpleNamespace:
        own = {name: getattr(settings, name) for name in _OF_SETTINGS}
        return SimpleNamespace(name=of.name, time_zone=of.time_zone, **own)

    def rows(self, reader: Reader) -> Rows:
        """Return the merchant with its settings, its row, its id."""
        settings = reader.table(MerchantSettings)
        there = and_(settings.id == Merchant.id, *seen_by(reader.viewer, settings))
        rows = select().select_from(Merchant).outerjoin(settings, there)
        rows = rows.where(Merchant.id == merchant(reader.viewer))
        rows = rows.correlate_except(Merchant, settings)
        return self._row(Merchant, settings), rows, Merchant.id


of_viewer = _Merchants()
