"""Takes tokens, keys and passwords out of texts that a peer sent.

A peer may send back what it was sent: in a body, a header, the reason of a close frame. Such texts
become part of errors and logs, which many people can read.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

# A token, also one that is cut off; whatever follows the name of an authorization scheme; and a
# longer text of three pieces that may be a token.
_TOKENS = re.compile(
    r"eyJ[\w-]+(?:\.[\w-]*){0,2}"
    r"|(?<=Bearer )[\w.~+/=-]+|(?<=Basic )[\w.~+/=-]+"
    r"|[\w-]{16,}\.[\w-]{16,}\.[\w-]{16,}"
)
_HIDDEN = "<secret>"

# A secret of fewer characters protects nothing, and would be found in any text.
_SHORTEST = 4

# So many bytes are looked at for an excerpt.
_EXCERPT_FROM = 4096


def hide_tokens(text: str) -> str:
    """Replace everything that looks like a token or an Authorization header."""
    return _TOKENS.sub("<token>", text)


def hide(text: str, secrets: Iterable[str]) -> str:
    """Replace these secrets, however they are written, and everything that looks like a token."""
    if not text:
        return text
    forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, _HIDDEN)
    return hide_tokens(text)


def excerpt(data: bytes, secrets: Iterable[str] = ()) -> str:
    """The first 200 characters of what a peer sent, for an error's text, without secrets."""
    secrets = tuple(secrets)
    text = hide(data[:_EXCERPT_FROM].decode(errors="replace"), secrets)
    if len(data) > _EXCERPT_FROM:  # the last secret may have been cut off, and is not found then
        longest = max((len(form) for each in secrets for form in _forms(each)), default=0)
        text = text[: max(0, len(text) - longest)]
    return text[:200]


def _forms(secret: str) -> Iterator[str]:
    """A secret as it is, and as it is written in JSON, in URLs and in the header of a key."""
    data = secret.encode(errors="replace")
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield quote(data, safe="")
    yield quote_plus(data)
    yield b64encode(data + b":").decode().rstrip("=")
    yield b64encode(data).decode().rstrip("=")
