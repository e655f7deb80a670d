"""What a packing says of its parcels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from commands.master.packagings.counting import Counted, Quantified
from kit.errors import Code, Path, Problem, Refusals, Refused
from kit.ids import Names
from kit.inputs import (
    LARGEST_BULK,
    Input,
    Name,
    Quantity,
    QuantityOrZero,
    Reference,
    Sscc,
    refuse_duplicates,
)
from models.fulfilment.deliveries.tables import ShortReason
from models.fulfilment.parcels import compared

_HEAVIEST_G = 100_000_000
_LONGEST_MM = 100_000


class Content(Quantified):
    """How much of something lies in a parcel."""

    quantity: Quantity = Field(description="How much of it, in the product's unit or `packaging`.")
    lot: Reference | None = Field(None, description="Lot or batch.")
    serial_numbers: list[Reference] = Field(
        default_factory=list,
        max_length=LARGEST_BULK,
        description="Serial numbers; when given, one for each unit.",
    )


class ContentPack(Content):
    """What of one delivery line lies in a parcel."""

    delivery_line_id: Annotated[UUID, Names("DeliveryLine")] = Field(
        description="A line of the delivery."
    )


class PickedLine(Quantified):
    """A line of which less was picked than planned."""

    delivery_line_id: Annotated[UUID, Names("DeliveryLine")] = Field(
        description="A line of the delivery."
    )
    picked: QuantityOrZero = Field(
        description="How much was picked, in the product's unit or `packaging`."
    )
    short_reason: ShortReason | None = Field(
        None, description="Why it is less than planned; needed where it is less."
    )


class ParcelFields(Input):
    """What is said of a parcel or pallet beside what lies in it."""

    sscc: Sscc | None = Field(
        None,
        description="Its SSCC-18, when it has one already: one that no other parcel has which is"
        " not voided. It may be any number under the merchant's own GS1 prefix; those that are"
        " generated leave it out.",
    )
    generate_sscc: bool = Field(
        default=False, description="Give it the next SSCC under the merchant's GS1 prefix."
    )
    carrier_id: Annotated[UUID, Names("Party")] | None = Field(
        None, description="The carrier: a party with the role CARRIER."
    )
    service: Name | None = Field(None, description="The carrier's service.")
    label_reference: Reference | None = Field(None, description="Where its label is found.")
    tracking_numbers: list[Reference] = Field(
        default_factory=list, max_length=10, description="The carrier's numbers of it."
    )
    weight_g: int | None = Field(None, gt=0, le=_HEAVIEST_G, description="Gross weight, g.")
    length_mm: int | None = Field(None, gt=0, le=_LONGEST_MM, description="Length, mm.")
    width_mm: int | None = Field(None, gt=0, le=_LONGEST_MM, description="Width, mm.")
    height_mm: int | None = Field(None, gt=0, le=_LONGEST_MM, description="Height, mm.")
    parent: int | None = Field(
        None,
        ge=0,
        description="The pallet that it stands on: position in this list, from 0; it comes before.",
    )


class ParcelPack(ParcelFields):
    """One parcel or pallet."""

    contents: list[ContentPack] = Field(
        default_factory=list,
        max_length=LARGEST_BULK,
        description="What lies in it; only what carries other parcels may be empty. More than 250"
        " lie in several parcels.",
    )


def check_packing(parcels: Sequence[ParcelPack], path: Path) -> None:
    """Refused: INVALID, DUPLICATE or TOO_FEW_ITEMS where the parcels contradict each other."""
    refusals = Refusals()
    with refusals:
        refuse_duplicates((it.sscc for it in parcels), path, "sscc")
    carrying = {it.parent for it in parcels}
    for place, each in enumerate(parcels):
        here = (*path, place)
        with refusals:
            refuse_duplicates(map(compared, each.tracking_numbers), (*here, "tracking_numbers"))
        wrong = {
            "generate_sscc": each.sscc is not None
            and each.generate_sscc
            and (Code.INVALID, "It has an SSCC already."),
            "parent": each.parent is not None
            and each.parent >= place
            and (Code.INVALID, "What a parcel stands on comes before it in the list."),
            "contents": not each.contents
            and place not in carrying
            and (Code.TOO_FEW_ITEMS, "There is nothing in it."),
        }
        for name, why in wrong.items():
            if why:
                refusals.problems.append(Problem(*why, (*here, name)))
    refusals.end()


def check_serials(content: ContentPack, quantity: Decimal, path: Path) -> None:
    """Refused: DUPLICATE, INVALID unless there is one for each unit. quantity: in that unit."""
    refusals = Refusals()
    with refusals:
        refuse_duplicates(content.serial_numbers, path)
    with refusals:
        if content.serial_numbers and len(content.serial_numbers) != quantity:
            text = "Give one serial number for each unit, or none."
            raise Refused(Code.INVALID, text, path)
    refusals.end()


@dataclass(frozen=True)
class Packing:
    """The parcels that a delivery is packed into, and when it is.

    contents: of each parcel, how much each of its contents is.
    """

    delivery_id: UUID
    number: int
    parcels: Sequence[ParcelPack]
    contents: Sequence[Sequence[Counted]]
    at: datetime
