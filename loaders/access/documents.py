"""Trusted documents, read by their names."""

from sqlalchemy import select

from kit.db.reads import Reads
from models.access.documents import Document
from models.access.viewers import Viewer
from models.base.visibility import merchant


async def document_text(viewer: Viewer, key: str, reads: Reads) -> str | None:
    """Return the document that the viewer's merchant has registered, None if there is none."""
    rows = await reads.rows(
        select(Document.text).where(Document.merchant_id == merchant(viewer), Document.key == key)
    )
    return rows[0].text if rows else None
