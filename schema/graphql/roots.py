"""Root fields that read one object by its id or by a business key."""

from collections.abc import Awaitable, Iterable, Mapping
from inspect import Parameter, Signature
from typing import Annotated, Any

import strawberry
from strawberry import Info

from execution import DECLARED, Chosen
from kit.errors import Code, Refused
from kit.ids import Names
from kit.inputs import LONGEST_KEY
from kit.standards.unicode import is_beyond, normal
from loaders.reading.relations import Relation, RowOf


def _argument(name: str, annotation: Any) -> Parameter:
    text = "Global id." if name == "id" else f"Business key `{name}`."
    described = Annotated[annotation | None, strawberry.argument(description=text)]
    return Parameter(name, Parameter.KEYWORD_ONLY, default=strawberry.UNSET, annotation=described)


def _only(arguments: Mapping[str, Any], ways: Iterable[str]) -> tuple[str, Any]:
    """Return the only argument and its key, None where that is too long for any. Refused."""
    values = {key: it for key, it in arguments.items() if it not in {None, strawberry.UNSET}}
    if len(values) != 1:
        raise Refused(Code.INVALID, f"Give exactly one of {', '.join(ways)}.", ("id",))
    ((name, value),) = values.items()
    if is_beyond(value, LONGEST_KEY):
        return name, None
    if "\0" in value:
        raise Refused(Code.INVALID_CHARACTER, "No key has a NUL character.", (name,))
    try:
        return name, normal(value)
    except ValueError as error:
        raise Refused(Code.INVALID_CHARACTER, str(error), (name,)) from error


def one_by(description: str, **relations: Relation) -> Any:
    """Declare a root field that takes exactly one of several keys.

    relations: the type's name -> by id first, then business key -> by that key.
    """
    (type_name, by_id), *others = relations.items()
    ways = {"id": by_id, **dict(others)}

    def choose(arguments: Mapping[str, Any]) -> RowOf | None:
        name, key = _only(arguments, ways)
        if key is not None and name == "id":
            key = Names(type_name).find(key)
        return None if key is None else RowOf(ways[name], key)

    def resolve(root: Any, info: Info, **arguments: Any) -> Awaitable[Any] | None:
        del root
        chosen = choose(arguments)
        return None if chosen is None else info.context.load(chosen.relation, chosen.key)

    parameters = [
        Parameter("root", Parameter.POSITIONAL_OR_KEYWORD, annotation=Any),
        Parameter("info", Parameter.POSITIONAL_OR_KEYWORD, annotation=Info),
        _argument("id", strawberry.ID),
        *(_argument(name, str) for name, _ in others),
    ]
    resolve.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    resolve.__annotations__ = {it.name: it.annotation for it in parameters}
    return strawberry.field(
        resolver=resolve,
        description=description,
        metadata={DECLARED: Chosen(choose, by_id.source)},
    )
