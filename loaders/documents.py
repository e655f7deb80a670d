"""Trusted documents, read by their names."""

from sqlalchemy import select

from kit.reads import Reads
from kit.viewer import Viewer
from models.documents import Document
from models.sight import merchant


async def text_of(viewer: Viewer, key: str, reads: Reads) -> str | None:
    """Return the document that the viewer's merchant has registered, None if there is none."""
    rows = await reads.rows(
        select(Document.text).where(Document.merchant_id == merchant(viewer), Document.key == key)
    )
    return rows[0].text if rows else None
