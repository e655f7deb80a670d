"""Validators: who asks by GET for what it knows already is told so, and nothing more (RFC 9110).

They are made of what an answer says, and not of when: who asks learns of its own answer only, and
any process tells the same of it. What operations cost stands beside that and may differ, so they
are weak.
"""

import re
from base64 import urlsafe_b64encode
from hashlib import blake2b

import orjson
from strawberry.types import ExecutionResult

from transport.http.answers import Answer

VARY = "Authorization, Abruf-Order-Token, Accept, Accept-Language"
"""Headers on which an answer depends."""
_TAG = re.compile(r'(?:W/)?("[^"]*")')
_OK, _NOT_MODIFIED = 200, 304


def validated(answer: Answer, result: ExecutionResult, known: str | None) -> Answer:
    """Return a whole answer with its validator, or that its client knows it.

    known: the header `If-None-Match`. Only its client may keep it, and asks before it uses it.
    """
    if answer.status_code != _OK or result.errors:
        return answer
    kind, data = (answer.media_type or "").encode(), orjson.dumps(result.data)
    digest = blake2b(data, digest_size=16, key=kind).digest()
    tag = f'"{urlsafe_b64encode(digest).decode().rstrip("=")}"'
    headers = {"ETag": f"W/{tag}", "Cache-Control": "private, no-cache", "Vary": VARY}
    if known is not None and (known.strip() == "*" or tag in _TAG.findall(known)):
        return Answer(b"", _NOT_MODIFIED, headers, None)
    answer.headers.update(headers)
    return answer
