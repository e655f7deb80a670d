"""Which rows a mutation has changed, and whether it has raised their version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text

from models.trade.orders.lines import COUNTERS, OWED
from models.trade.orders.tables import Order
from tests.make import Walled

_COUNTED = sorted({*COUNTERS, *OWED} - {"cancelled"})
"""What deliveries count on lines of orders."""
_KEPT = ",".join({"version"}.union(*(it.columns for it in Order.__kept__)))
"""What orders keep of that, and the version itself."""
_STANDING = text(f"""
    SELECT 'Order' AS type, number, version, md5(concat(to_jsonb(o) - '{{{_KEPT}}}'::text[],
        (SELECT jsonb_agg(to_jsonb(l) - '{{{",".join(_COUNTED)}}}'::text[] ORDER BY l.id)
         FROM order_lines l WHERE l.merchant_id = :merchant AND l.order_id = o.id),
        (SELECT jsonb_agg(to_jsonb(h) ORDER BY h.id)
         FROM holds h WHERE h.merchant_id = :merchant AND h.subject_id = o.id))) AS remaining
    FROM orders o WHERE o.merchant_id = :merchant
    UNION ALL
    SELECT 'Delivery', number, version, md5(concat(to_jsonb(d) - 'version',
        (SELECT jsonb_agg(to_jsonb(l) ORDER BY l.id)
         FROM delivery_lines l WHERE l.merchant_id = :merchant AND l.delivery_id = d.id),
        (SELECT jsonb_agg(to_jsonb(h) ORDER BY h.id)
         FROM holds h WHERE h.merchant_id = :merchant AND h.subject_id = d.id)))
    FROM deliveries d WHERE d.merchant_id = :merchant
""").bindparams(bindparam("merchant", type_=Uuid()))


@dataclass
class Versions:
    """Follows what mutations change. raised, kept: those that changed a type with, and without."""

    database: Walled
    merchant_id: UUID
    raised: set[tuple[str, str]] = field(default_factory=set)
    kept: set[tuple[str, str]] = field(default_factory=set)
    _before: Mapping[tuple[str, str], tuple[int, str]] = field(default_factory=dict)

    async def look(self, mutation: str) -> None:
        """Note what has changed since the last look."""
        async with self.database.writing(self.merchant_id) as session:
            found = await session.execute(_STANDING, {"merchant": self.merchant_id})
            rows = {(it.type, it.number): (it.version, it.remaining) for it in found}
        for (kind, number), (version, remaining) in rows.items():
            before = self._before.get((kind, number))
            if before is not None and before[1] != remaining:
                noted = self.raised if version > before[0] else self.kept
                noted.add((mutation, kind))
        self._before = rows
