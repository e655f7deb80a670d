"""A level: the fields of one object type under one selection, prepared for all parents at once.

What of it is a leaf that a row holds becomes one generated function from rows to dicts; what is
one relation away becomes one statement for all parents; the rest is walked field by field.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from graphql import GraphQLField, GraphQLObjectType, get_nullable_type, is_leaf_type
from graphql import is_non_null_type as _is_non_null
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.executor import Executor

from execution.arguments import Argued
from execution.fields import DECLARED, Chosen, Related, Written, column_of

Objects: TypeAlias = list[dict[str, Any]]


class Site:
    """One response key of a level: its field, and the nodes that ask for it.

    argued: of a field whose arguments choose what is read.
    """

    def __init__(
        self, key: str, parent: GraphQLObjectType, field: GraphQLField, details: list[FieldDetails]
    ) -> None:
        """Take what graphql-core has collected."""
        self.key, self.parent, self.field, self.details = key, parent, field, details
        self.nodes = [it.node for it in details]
        self.own: Any = field.extensions.get("strawberry-definition")
        declared = self.own and not self.own.extensions and self.own.metadata.get(DECLARED)
        self.declared: Any = declared or None
        self.argued: Argued | None = None
        self.column = column_of(self.own) if self.own and not self.own.extensions else None

    @property
    def parents_key(self) -> tuple[str, Any] | None:
        """Return the parents' attribute that a statement needs, and its SQL type."""
        declared = self.declared
        if isinstance(declared, Related) and not declared.each:
            return declared.key, declared.relation.key_type
        if isinstance(declared, Chosen) and declared.key is not None:
            return declared.key, declared.key_type
        return None

    def leaf(self, access: Callable[[str], str], place: int) -> tuple[str, Any] | None:
        """Return an expression that writes the leaf of the row `r`, and what it calls.

        None for what is no leaf of a row. access: attribute -> expression.
        """
        if isinstance(self.declared, Written):
            return f"w{place}(r, {self.parent.name!r})", self.declared.value
        type_: Any = get_nullable_type(self.field.type)
        name = self.column
        if name is None or not is_leaf_type(type_):
            return None
        write = partial(Executor.complete_leaf_value, type_)
        missing = "missing()" if _is_non_null(self.field.type) else "None"
        value = access(name)
        return f"({missing} if (v := {value}) is None else w{place}(v))", write


@dataclass(frozen=True)
class Together:
    """What of a level one statement answers. fused: the statement, its keys in its order."""

    fused: Any
    sites: Sequence[Site]


class Level:
    """The fields of one object type under one selection."""

    def __init__(self, type_: GraphQLObjectType, sites: Mapping[str, Site | None]) -> None:
        """Take the sites by response key, None for `__typename`."""
        self.type, self._sites = type_, sites
        self.together: Together | None = None
        self._made: dict[type, tuple[Callable[[Sequence[Any]], Objects], list[Site]]] = {}

    @property
    def sites(self) -> list[Site]:
        """Return what has to be resolved."""
        return [site for site in self._sites.values() if site is not None]

    def objects(self, rows: Sequence[Any]) -> tuple[Objects, list[Site]]:
        """Make an object of each row, and tell what is still to be filled in."""
        kinds = set(map(type, rows))
        if len(kinds) == 1:
            (kind,) = kinds
            made = self._made.get(kind)
            if made is None:
                made = self._made[kind] = self._function(kind)
            # Where a value does not fit, it is told field by field which one.
            with suppress(Exception):
                return made[0](rows), made[1]
        blank = {key: self.type.name for key, site in self._sites.items() if site is None}
        return [dict.fromkeys(self._sites) | blank for _ in rows], self.sites

    def _function(self, kind: type) -> tuple[Callable[[Sequence[Any]], Objects], list[Site]]:
        """Generate the function for rows of a class; named tuples are read by position."""
        fields = getattr(kind, "_fields", ())
        names = fields if isinstance(fields, tuple) else ()

        def access(name: str) -> str:
            return f"r[{names.index(name)}]" if name in names else f"r.{name}"

        parts, known, left = [], dict[str, Any](missing=_missing), list[Site]()
        for place, (key, site) in enumerate(self._sites.items()):
            leaf = site.leaf(access, place) if site else (repr(self.type.name), None)
            if leaf is None and site is not None:
                left.append(site)
            expression, known[f"w{place}"] = leaf or ("None", None)
            parts.append(f"{key!r}: {expression}")
        code = f"lambda rows: [{{{', '.join(parts)}}} for r in rows]"
        return eval(code, known), left  # noqa: S307 -- the code holds names of GraphQL and Python, and nothing else.


def _missing() -> None:
    message = "null where there must be a value"
    raise ValueError(message)
