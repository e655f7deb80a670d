"""What methods can handle, as it is read."""

from enum import Enum

from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import One
from models.master.handling import MethodHandling

by_id = One(MethodHandling)


class MethodHandlingSort(Enum):
    """Orders of what methods can handle."""

    METHOD = "METHOD"
    METHOD_DESC = "METHOD_DESC"


every = Paged(
    MethodHandling,
    {
        MethodHandlingSort.METHOD: Sorted("method"),
        MethodHandlingSort.METHOD_DESC: Sorted("method", descending=True),
    },
)
