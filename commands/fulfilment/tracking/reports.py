"""What carriers and warehouses report of parcels."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from commands.fulfilment.tracking.happened import Happened
from kit.errors import Code
from kit.ids import Names
from kit.inputs import LARGEST_BULK, Command, Each, Key, Note, Reference, Sscc, TextLine
from models.fulfilment.tracking.events import Vocabulary

_KEYS = ("parcel_id", "sscc", "tracking_number")


class TrackingReport(Happened):
    """One event of one parcel, which is named by exactly one of its keys."""

    parcel_id: Annotated[UUID, Names("Parcel")] | None = Field(
        None, description="The parcel, by its id."
    )
    sscc: Sscc | None = Field(None, description="The parcel, by its SSCC.")
    tracking_number: Reference | None = Field(
        None,
        description="The parcel, by one of its tracking numbers, compared without spaces and case."
        " Parcels that share it are one consignment: the event is recorded for each of them. A"
        " number that is used again belongs to the newest. Voided parcels have it no more; where"
        " nothing else has, the one that had it last stands for all.",
    )
    carrier_id: Annotated[UUID, Names("Party")] | None = Field(
        None, description="Whose tracking number it is, where several carriers use the same."
    )
    vocabulary: Vocabulary = Field(
        Vocabulary.ABRUF, description="Whose words `status` and `subStatus` are."
    )
    status: Reference = Field(
        description="What is reported, in a word of the vocabulary; case does not matter. A word"
        " that it does not have is kept and means UNKNOWN."
    )
    sub_status: Reference | None = Field(None, description="The carrier's finer status.")
    carrier_event_id: Reference | None = Field(
        None,
        description="The carrier's own id of the event: the same id is the same event. Without it,"
        " the same words, instant, place and message are the same event, whatever the case of"
        " letters and the raw reference.",
    )
    place: TextLine | None = Field(None, description="Where it happened.")
    message: Note | None = Field(None, description="The carrier's text.")
    raw_reference: TextLine | None = Field(None, description="Where the raw report is kept.")
    is_correction: bool = Field(
        default=False,
        description="Whether it takes back a terminal status reported before; with the"
        " `carrierEventId` of an event, it stands in that one's place.",
    )
    is_error_declaration: bool = Field(
        default=False,
        description="Whether it says that the event with its `carrierEventId` was an error, and"
        " nothing else (EPCIS 2.0, errorDeclaration).",
    )
    corrective_event_ids: list[Reference] = Field(
        default_factory=list,
        max_length=LARGEST_BULK,
        description="Of an error declaration: the carrier's ids of the events that tell what"
        " happened instead. They are reported on their own.",
    )
    new_tracking_number: Reference | None = Field(
        None,
        description="A further number of the parcel, for example of a partner that it was handed"
        " to; the numbers that it has stay.",
    )

    @model_validator(mode="after")
    def _names_one_parcel(self) -> Self:
        if sum(getattr(self, key) is not None for key in _KEYS) != 1:
            text = "Give exactly one of parcelId, sscc and trackingNumber."
            raise PydanticCustomError(Code.INVALID.value, "{text}", {"text": text})
        if self.is_error_declaration and self.carrier_event_id is None:
            text = "An error declaration bears the carrierEventId of the event that it takes back."
            raise PydanticCustomError(Code.INVALID.value, "{text}", {"text": text})
        if self.corrective_event_ids and not self.is_error_declaration:
            text = "Only an error declaration has correctiveEventIds."
            raise PydanticCustomError(Code.INVALID.value, "{text}", {"text": text})
        return self

    @property
    def key(self) -> str:
        """The name of the key that is given."""
        return next(key for key in _KEYS if getattr(self, key) is not None)

    @property
    def original_status(self) -> str:
        """The word as it is reported."""
        return self.status


class ParcelRecordTracking(Command):
    """Up to 250 events over many parcels."""

    source: Key | None = Field(
        None,
        description="Name of the feed, within which the events are told apart; the vocabulary's"
        " name when left out. A carrier's own reports always have its number as their source.",
    )
    events: Each[TrackingReport] = Field(description="The events, in any order.")
