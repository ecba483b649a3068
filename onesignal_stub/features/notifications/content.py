"""The texts that one device gets: the language of its user, English where that is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

DEFAULT_LANGUAGE = "en"


@frozen
class Content:
    """What a device shows.

    Attributes:
        language: The language of `contents`.
        contents: The text.
        heading: The title; None where `headings` lacks a language that `contents` has.
        subtitle: The subtitle, by the same rule.
    """

    language: str | None
    contents: str | None
    heading: str | None
    subtitle: str | None


def content_for(language: str | None, request: Mapping[str, Any]) -> Content:
    """The texts of a notification for a device of this language."""
    contents: Mapping[str, str] = request.get("contents") or {}
    headings: Mapping[str, str] = request.get("headings") or {}
    texts = contents or headings
    chosen = language if language is not None and language in texts else DEFAULT_LANGUAGE
    return Content(
        language=chosen if chosen in texts else None,
        contents=contents.get(chosen),
        heading=headings.get(chosen),
        subtitle=(request.get("subtitle") or {}).get(chosen),
    )
