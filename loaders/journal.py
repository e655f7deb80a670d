"""Timelines: the journal's entries of one object."""

from loaders.pages import Paged, Sorted
from models.journal import JournalEntry

timeline = Paged(JournalEntry, {None: Sorted("position")}, of="aggregate_id")
