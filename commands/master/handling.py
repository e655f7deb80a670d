"""What products need, and what locations and methods can handle."""

from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from commands.writing.transaction import Outcome, Writing
from commands.writing.upserts.items import UpsertEvents, item_of, results, upsert
from commands.writing.verbs import verb
from kit.errors import Code
from kit.inputs import Command, Each, Input, StandIns, Upsert, refuse_duplicates, spelled
from kit.standards.un import HAZARD_CLASSES, NUMBER
from models.access.viewers import Scope
from models.base.acts import Act
from models.events.master.handling import MethodHandlingCreated, MethodHandlingUpdated
from models.master.channels import DeliveryMethod
from models.master.handling import MethodHandling

_EVENTS = UpsertEvents(MethodHandlingCreated, MethodHandlingUpdated)
_COLDEST, _HOTTEST = Decimal("-273.1"), Decimal(1000)


def _known_class(hazard_class: str) -> str:
    if hazard_class not in HAZARD_CLASSES:
        text = f"Dangerous goods have one of the classes {', '.join(HAZARD_CLASSES)}."
        raise PydanticCustomError(Code.INVALID.value, "{text}", {"text": text})
    return hazard_class


def _plausible(celsius: Decimal) -> Decimal:
    if not _COLDEST <= celsius <= _HOTTEST:
        text = f"Temperatures go from {_COLDEST} to {_HOTTEST} degrees Celsius."
        raise PydanticCustomError(Code.OUT_OF_RANGE.value, "{text}", {"text": text})
    return celsius


def _in_order(classes: list[str]) -> list[str]:
    return sorted(set(classes))


HazardClass = Annotated[str, AfterValidator(_known_class), StandIns("1.1", "9")]
Celsius = Annotated[
    Decimal,
    Field(max_digits=5, decimal_places=1, allow_inf_nan=False),
    AfterValidator(_plausible),
    StandIns(str(_COLDEST), str(_HOTTEST)),
]
UnNumber = Annotated[
    str, spelled(NUMBER, "a UN number, for example UN1263"), StandIns("UN0004", "UN3550")
]
HazardClasses = Annotated[
    list[HazardClass], Field(max_length=len(HAZARD_CLASSES)), AfterValidator(_in_order)
]


def _check_range(low: Decimal | None, high: Decimal | None) -> None:
    if (low is None) != (high is None) or (low is not None and high is not None and low > high):
        text = "A range of temperatures has two ends, the colder one first."
        raise PydanticCustomError(Code.OUT_OF_RANGE.value, "{text}", {"text": text})


class ProductHandling(Input):
    """What a product needs on its way; nothing where nothing is said."""

    keep_from_c: Celsius | None = Field(
        None, description="Coldest temperature that it bears, in degrees Celsius."
    )
    keep_to_c: Celsius | None = Field(None, description="Warmest temperature that it bears.")
    un_number: UnNumber | None = Field(
        None, description="UN number of dangerous goods, for example UN1263; with `hazardClass`."
    )
    hazard_class: HazardClass | None = Field(
        None, description="Class or division of dangerous goods, for example 3 or 2.1."
    )
    is_high_value: bool = Field(default=False, description="Whether it must be guarded.")
    is_oversize: bool = Field(default=False, description="Whether it needs more than usual room.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _check_range(self.keep_from_c, self.keep_to_c)
        if (self.un_number is None) != (self.hazard_class is None):
            text = "Dangerous goods have a UN number and a class."
            raise PydanticCustomError(Code.INVALID.value, "{text}", {"text": text})
        return self


class Capabilities(Input):
    """What a location or a method can handle beyond goods that need nothing."""

    keeps_from_c: Celsius | None = Field(
        None, description="Coldest temperature that goods meet, in degrees Celsius."
    )
    keeps_to_c: Celsius | None = Field(None, description="Warmest temperature that goods meet.")
    hazard_classes: HazardClasses = Field(
        [], description="Classes and divisions of dangerous goods that it takes."
    )
    takes_high_value: bool = Field(
        default=False, description="Whether it guards goods of high value."
    )
    takes_oversize: bool = Field(
        default=False, description="Whether it has room for oversize goods."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _check_range(self.keeps_from_c, self.keeps_to_c)
        return self


def handled(handling: ProductHandling | Capabilities | None, kind: type[Input]) -> dict[str, Any]:
    """Return the columns of what is handled, of nothing special where nothing is said."""
    return (handling or kind.read({})).model_dump()


class MethodHandlingUpsert(Upsert, Capabilities):
    """What one delivery method can handle."""

    method: DeliveryMethod = Field(description="The method; the key of the upsert.")

    @model_validator(mode="after")
    def _both_ends(self) -> Self:
        if len(self.model_fields_set & {"keeps_from_c", "keeps_to_c"}) == 1:
            text = "A range of temperatures has two ends: give both, or null for both."
            raise PydanticCustomError(Code.OUT_OF_RANGE.value, "{text}", {"text": text})
        return self


class MethodHandlingsUpsert(Command):
    """What delivery methods can handle."""

    method_handlings: Each[MethodHandlingUpsert] = Field(description="The methods, each once.")


@verb(
    Act(Scope.MASTER_DATA_WRITE),
    "Say what delivery methods can handle. Goods that need more are not planned by them.",
)
async def upsert_all(writing: Writing, command: MethodHandlingsUpsert) -> Outcome:
    """Write what methods can handle. Refused: DUPLICATE when a method stands twice."""
    methods, path = command.method_handlings, ("method_handlings",)
    refuse_duplicates((it.method for it in methods), path, "method")
    items = [item_of(it) for it in methods]
    written = await upsert(writing, MethodHandling, _EVENTS, "method", items, path)
    return results("method_handling_id", *written)
