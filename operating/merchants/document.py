"""`abruf document`: trusted documents."""

import argparse
import json
from pathlib import Path

from commands.access import documents
from commands.access.keys import operate as keys
from kit.clock import now
from kit.db.sessions import Session
from kit.db.tenant import set_merchant
from operating.reached import in_session


def add_words(parser: argparse.ArgumentParser) -> None:
    """Declare its verbs."""
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    register = verbs.add_parser("register", help="let clients name what their compiler has written")
    register.add_argument("--merchant", required=True, metavar="SLUG", help="whose clients")
    register.add_argument(
        "texts", type=_texts, metavar="FILE", help="JSON, an object of ids and texts of documents"
    )
    register.set_defaults(run=in_session(_register_documents))


async def _register_documents(session: Session, arguments: argparse.Namespace) -> str:
    merchant = await keys.merchant_of(session, arguments.merchant)
    await set_merchant(session, merchant.id)
    found = [
        documents.DocumentRegister.read({"id": key, "text": text}, ("documents", key))
        for key, text in arguments.texts.items()
    ]
    await documents.registered(session, merchant.id, found, now())
    return f"Registered {len(found)} documents of {merchant.slug}.\n"


def _texts(path: str) -> dict[str, object]:
    """Read what compilers of clients write."""
    try:
        found = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if not isinstance(found, dict):
        message = "it is no object"
        raise argparse.ArgumentTypeError(message)
    return found
