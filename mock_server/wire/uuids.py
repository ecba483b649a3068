"""The spellings of a UUID that the server understands."""

from __future__ import annotations

import re

_HEX32 = r"[0-9a-fA-F]{32}"
_DASHED = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_ANY = f"{_DASHED}|{_HEX32}"
_FORMS = re.compile(rf"(?:{_ANY})|\{{(?:{_ANY})\}}|urn:uuid:(?:{_ANY})")

NIL = "00000000-0000-0000-0000-000000000000"
"""The id of the system user."""


def parse_uuid(text: str) -> str | None:
    """The canonical lower-case form, or None when `text` is no UUID.

    Accepted are the canonical form, 32 hex digits without dashes, both in braces, and both after
    `urn:uuid:`; hex digits in either case.
    """
    if not _FORMS.fullmatch(text):
        return None
    digits = text.removeprefix("urn:uuid:").strip("{}").replace("-", "").lower()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
