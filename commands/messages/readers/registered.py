"""Readers of messages by type; a type that has none is kept unread."""

from commands.messages.readers import schedules
from commands.messages.readers.declared import MessageReader
from kit.standards.schedules import tables, transmissions
from models.messages.interchanges import InterchangeMessage

READERS: dict[str, MessageReader] = {
    **dict.fromkeys(tables.TABLES, MessageReader(tables.RELEASES, schedules.take)),
    transmissions.TYPE: MessageReader(frozenset({""}), schedules.take_transmission),
}
"""Type of message (0065; of VDA its number) -> what reads it."""


def reader_of(message: InterchangeMessage) -> MessageReader | None:
    """Return what reads a message, None for nothing."""
    found = READERS.get(message.type)
    return found if found is not None and message.release in found.releases else None
