"""What an operation's arguments hold once its variables stand in their places.

A variable that is named in a list nine hundred times is read nine hundred times, and so is what it
holds. Counted are, as far as the document says it: entries, and how often each variable is named.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    FieldNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
)

from kit.limits import Entries


@dataclass
class Contents:
    """What arguments hold. entries: of all lists and objects, and longest: of one of them.

    inside: lists and objects. named: variable -> how often it stands in their places.
    """

    entries: int = 0
    inside: int = 0
    longest: int = 0
    named: Counter[str] = field(default_factory=Counter)

    @classmethod
    def by(cls, values: Iterable[ValueNode]) -> "Contents":
        """Count what values hold as they are written."""
        found, ahead = cls(), list(values)
        while ahead:
            value = ahead.pop()
            if isinstance(value, VariableNode):
                found.named[value.name.value] += 1
            elif isinstance(value, ListValueNode):
                ahead += found._of(value.values)
            elif isinstance(value, ObjectValueNode):
                ahead += found._of([it.value for it in value.fields])
        return found

    def _of(self, parts: Sequence[ValueNode]) -> Sequence[ValueNode]:
        """Count a list or an object; return its entries."""
        self.inside += 1
        self.entries += len(parts)
        self.longest = max(self.longest, len(parts))
        return parts

    def take(self, node: FieldNode) -> None:
        """Add the arguments of a field."""
        if node.arguments:
            self.add(Contents.by(it.value for it in node.arguments))

    def add(self, other: "Contents") -> None:
        """Add what others hold: a fragment's, in each place where it is spread."""
        self.entries += other.entries
        self.inside += other.inside
        self.longest = max(self.longest, other.longest)
        self.named += other.named

    def with_variables(
        self, operation: OperationDefinitionNode, variables: Mapping[str, Any]
    ) -> Entries:
        """Return what they hold with the variables that are given, or else their defaults.

        A variable counts once where it stands nowhere: it is read, too.
        """
        found = Entries.of(variables)
        if not found.is_read:
            return found
        longest, inside, together = found.longest, found.inside, found.together
        for name, count in self.named.items():
            if count > 1 and isinstance(variables.get(name), list | dict):
                its = Entries.of({name: variables[name]}).without_first()
                inside += (count - 1) * its.inside
                together += (count - 1) * its.together
        for definition in operation.variable_definitions or ():
            name = definition.variable.name.value
            if definition.default_value is not None and name not in variables:
                default = Contents.by([definition.default_value])
                inside += self.named[name] * default.inside
                together += self.named[name] * default.entries
                longest = max(longest, default.longest)
        return replace(
            found,
            longest=max(longest, self.longest),
            inside=inside + self.inside,
            together=together + self.entries,
        )
