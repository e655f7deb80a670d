"""What is read of a row as the arguments of a field say."""

from abc import abstractmethod
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, final

from kit.inputs import Input
from loaders.reading.filters import form_of, values_in, with_parameters
from loaders.reading.relations import Bind, Part, Reader, Relation, literals

WantedT = TypeVar("WantedT", bound=Input)


@dataclass(frozen=True)
class AsWanted(Relation, Generic[WantedT]):
    """Row -> one record, which arguments shape; a larger statement binds their values."""

    lasting = False
    wanted: WantedT

    @abstractmethod
    def one(self, reader: Reader, wanted: WantedT, key: Any) -> Part:
        """Return the record and the select of one row's. wanted: parameters in place of values."""

    @property
    def form(self) -> Hashable:
        """Return what shapes the SQL."""
        return form_of(self.wanted)

    @property
    def values(self) -> Mapping[str, Any]:
        """Return what fills it."""
        return values_in(self.wanted)

    @final
    def row(self, reader: Reader, bind: Bind, key: Any) -> Part:
        """Return the record and the select of one row's, for a larger statement."""
        return self.one(reader, with_parameters(self.wanted, bind), key)

    @final
    def part(self, reader: Reader, key: Any) -> Part:
        """Return the same with its values."""
        return self.row(reader, literals(self.values), key)
