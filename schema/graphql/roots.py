"""Fields whose arguments choose the one object that they read."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from inspect import Parameter, Signature
from typing import Annotated, Any

import strawberry
from sqlalchemy import Uuid
from strawberry import Info

from admission.costs import Cost
from execution.fields import DECLARED, Chosen
from kit.errors import Code, Refused
from kit.ids import Names
from kit.inputs import LONGEST_KEY, Input
from kit.standards.unicode import is_beyond, normal
from loaders.reading.relations import Relation, RowOf
from schema.graphql.inputs import arguments_of


def _argument(name: str, annotation: Any) -> Parameter:
    text = "Global id." if name == "id" else f"Business key `{name}`."
    described = Annotated[annotation | None, strawberry.argument(description=text)]
    return Parameter(name, Parameter.KEYWORD_ONLY, default=strawberry.UNSET, annotation=described)


def _only(arguments: Mapping[str, Any], ways: Iterable[str]) -> tuple[str, Any]:
    """Return the only argument and its key, None where that is too long for any. Refused.

    Keys are trimmed as they are where they are written: what is found there is found here.
    """
    values = {key: it for key, it in arguments.items() if it not in {None, strawberry.UNSET}}
    if len(values) != 1:
        raise Refused(Code.INVALID, f"Give exactly one of {', '.join(ways)}.", ("id",))
    ((name, value),) = ((name, it.strip()) for name, it in values.items())
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

    parameters = [_argument("id", strawberry.ID), *(_argument(name, str) for name, _ in others)]
    return declared_field(resolve, parameters, description, Chosen(choose, by_id.source))


def only(choice: Any, load: Callable[[Info], Awaitable[Any]], description: str) -> Any:
    """Declare a root field that reads the one object of its kind that a viewer has.

    choice: what it reads, without arguments (`execution.relations.One`). load: reads the same.
    """

    def resolve(root: Any, info: Info) -> Awaitable[Any]:
        del root
        return load(info)

    return declared_field(
        resolve, [], description, Chosen(lambda _arguments: choice, choice.source)
    )


def wanted(
    relation: Callable[[Any], Relation],
    model: type[Input],
    source: Any,
    description: str,
    cost: Cost,
) -> Any:
    """Declare a field of a row that reads what its arguments, a model's fields, ask of it.

    relation: the checked model -> from the row's id to what is read, which is a choice, too.
    source: see `execution.Chosen`.
    """

    def choose(arguments: Mapping[str, Any]) -> Relation:
        values = {name: it for name, it in arguments.items() if it is not strawberry.UNSET}
        return relation(model.read(values))

    def resolve(root: Any, info: Info, **arguments: Any) -> Awaitable[Any]:
        return info.context.load(choose(arguments), root.id)  # type: ignore[no-any-return]

    declared = Chosen(choose, source, "id", Uuid())
    return declared_field(resolve, arguments_of(model), description, declared, cost)


def declared_field(
    resolve: Callable[..., Any],
    parameters: Sequence[Parameter],
    description: str,
    declared: Chosen,
    *directives: object,
) -> Any:
    """Declare a field whose resolver takes the parameters beside its root."""
    every = [
        Parameter("root", Parameter.POSITIONAL_OR_KEYWORD, annotation=Any),
        Parameter("info", Parameter.POSITIONAL_OR_KEYWORD, annotation=Info),
        *parameters,
    ]
    resolve.__signature__ = Signature(every)  # type: ignore[attr-defined]
    resolve.__annotations__ = {it.name: it.annotation for it in every}
    return strawberry.field(
        resolver=resolve,
        description=description,
        directives=directives,
        metadata={DECLARED: declared},
    )
