"""What PostgreSQL says of texts that its columns do not take."""

from __future__ import annotations

NUL_REFUSED = 'ERROR: invalid byte sequence for encoding "UTF8": 0x00 (SQLSTATE 22021)'
"""Of a text with a NUL character, in a column or a condition."""


def varchar_problem(text: str, width: int | None = None) -> str:
    """What is wrong with a text for a column; nothing where it fits.

    Args:
        text: The text.
        width: How many characters the column holds; None for any number.
    """
    if "\0" in text:
        return NUL_REFUSED
    if width is not None and len(text) > width:
        return f"ERROR: value too long for type character varying({width}) (SQLSTATE 22001)"
    return ""
