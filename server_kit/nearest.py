"""The known name that a wrong one resembles most, for messages that help."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

COMPARED = 200
"""Characters of the wrong name that are compared: the search takes their number squared."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that resembles another most; None if none is known."""
    matches = difflib.get_close_matches(name[:COMPARED], list(known), n=1, cutoff=0.0)
    return matches[0] if matches else None
