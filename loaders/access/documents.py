"""Trusted documents, read by their names."""

from sqlalchemy import select

from kit.db.reads import Reads
from models.access.documents import Document, PageDocument
from models.access.viewers import Viewer
from models.base.visibility import merchant


async def document_text(viewer: Viewer, key: str, reads: Reads) -> str | None:
    """Return the document that the viewer may run by its name, None if there is none.

    That is what its merchant has registered; for who is signed in, what our own pages ask.
    """
    if viewer.session_id is not None:
        of_pages = await reads.rows(select(PageDocument.text).where(PageDocument.key == key))
        return of_pages[0].text if of_pages else None
    rows = await reads.rows(
        select(Document.text).where(Document.merchant_id == merchant(viewer), Document.key == key)
    )
    return rows[0].text if rows else None
