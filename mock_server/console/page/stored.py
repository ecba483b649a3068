"""Stored JSON, as the page shows it."""

from __future__ import annotations

import json
from typing import Any

_MARGIN = 100  # levels that the answer, whose writing nests as deep, may put around a value


def stored_value(text: str) -> Any:
    """The value of a stored JSON text; the text itself where Python can't read it.

    Players may store numbers of thousands of digits and thousands of nested lists, which the
    database takes. They must not keep anybody from looking at the rest.
    """
    try:
        json.loads(f"{'[' * _MARGIN}{text}{']' * _MARGIN}")
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
