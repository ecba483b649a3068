"""What Lua's libraries ask of the host, because C does it with other rules or other costs."""

from __future__ import annotations

import logging

from mock_server.runtime.arguments import to_bytes, to_text
from mock_server.runtime.tools.logger import encodable, one_line

_LOGGED = 256 * 1024  # bytes

_log = logging.getLogger("mock_server.modules")


def log(text: bytes) -> None:
    """Log what `print` shows, whose texts have tabs between them."""
    texts = text[:_LOGGED].split(b"\t")
    shown = (one_line(encodable(to_text(each))) for each in texts)
    _log.info("%s", "\t".join(shown))


def case(text: bytes, is_upper: bool) -> bytes:
    """Change the case as Go does: letter by letter."""
    letters = text.decode(errors="replace")
    cases = ((letter, letter.upper() if is_upper else letter.lower()) for letter in set(letters))
    return to_bytes(letters.translate({ord(old): new for old, new in cases if len(new) == 1}))


def find(text: bytes, plain: bytes, first: float) -> int | None:
    """Where a text begins in another; in time that grows with their lengths, not their product."""
    return text.find(plain, int(first) - 1) + 1 or None
