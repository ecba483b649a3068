"""The texts that one device shows: in its language or else English, with placeholders replaced."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from onesignal_stub.audience import EMAIL_TYPE, Channel
from onesignal_stub.filters import FilterSubject

DEFAULT_LANGUAGE = "en"
MAX_PLACEHOLDER = 1000
"""Characters between the braces of a placeholder; what is longer stays as it is."""

MAX_PLACEHOLDERS = 1000
"""Placeholders of a text that are filled in; the rest of the text stays as it is."""

_PLACEHOLDER = re.compile(
    r"""(?P<path>[\w.-]+)\s*(?:\|\s*default:\s*(?P<quote>["'])(?P<default>.*)(?P=quote))?"""
)


@frozen(cache_hash=True)
class Content:
    """The texts that a device shows.

    Attributes:
        language: The language of `contents`; None for an e-mail.
        contents: The text, or the e-mail's body.
        heading: The title, or the e-mail's subject; None where `headings` lacks the language.
        subtitle: The subtitle, by the same rule.
    """

    language: str | None
    contents: str | None
    heading: str | None
    subtitle: str | None


class Contents:
    """The texts of one notification, for any device.

    Args:
        request: The request that created it, its template's fields included.

    Attributes:
        is_personal: A device's own data is filled in, so that each may get another text.
    """

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._request = request
        self._contents: Mapping[str, str] = request.get("contents") or {}
        self._headings: Mapping[str, str] = request.get("headings") or {}
        self._by_language: dict[str | None, Content] = {}
        texts = [*self._contents.values(), *self._headings.values()]
        texts += [*(request.get("subtitle") or {}).values()]
        texts += [request.get("email_subject") or "", request.get("email_body") or ""]
        self.is_personal = any("{{" in text for text in texts)

    def of(self, device: FilterSubject) -> Content:
        """The texts that a device shows."""
        is_email = device.device_type == EMAIL_TYPE
        content = self._email() if is_email else self._in(device.language)
        return self._filled(content, device) if self.is_personal else content

    def by_language(self, channel: Channel) -> dict[str | None, Content]:
        """The texts of a message in which nothing is filled in, by language; None: all others."""
        if channel == "email":
            return {None: self._email()}
        texts = self._contents or self._headings
        return {language: self._in(language) for language in (*texts, None)}

    def _email(self) -> Content:
        return Content(
            None, self._request.get("email_body"), self._request.get("email_subject"), None
        )

    def _in(self, language: str | None) -> Content:
        if language not in self._by_language:
            texts = self._contents or self._headings
            chosen = language if language is not None and language in texts else DEFAULT_LANGUAGE
            self._by_language[language] = Content(
                language=chosen if chosen in texts else None,
                contents=self._contents.get(chosen),
                heading=self._headings.get(chosen),
                subtitle=(self._request.get("subtitle") or {}).get(chosen),
            )
        return self._by_language[language]

    def _filled(self, content: Content, device: FilterSubject) -> Content:
        custom = {"message": {"custom_data": self._request.get("custom_data") or {}}}
        return Content(
            content.language,
            fill_in(content.contents, device.tags, custom),
            fill_in(content.heading, device.tags, custom),
            fill_in(content.subtitle, device.tags, custom),
        )


def fill_in(text: str | None, tags: Mapping[str, str], custom: Mapping[str, Any]) -> str | None:
    """Replace `{{ tag | default: "x" }}` and `{{ message.custom_data.name }}` in a text.

    A tag that does not exist becomes its default, or nothing.
    """
    if text is None:
        return None
    # From closing braces to closing braces: every character is looked at a fixed number of times.
    *filled, rest = text.split("}}", MAX_PLACEHOLDERS)
    return "".join([*(_filled(piece, tags, custom) for piece in filled), rest])


def _filled(piece: str, tags: Mapping[str, str], custom: Mapping[str, Any]) -> str:
    """A piece of text that closing braces followed, with its placeholder replaced."""
    before, braces, inside = piece.rpartition("{{")
    found = _PLACEHOLDER.fullmatch(inside.strip()) if len(inside) <= MAX_PLACEHOLDER else None
    if not braces or found is None:
        return piece + "}}"
    path = found["path"]
    known = tags.get(path.removeprefix("user.tags."))
    if known is None:
        known = _at(custom, path.split("."))
    return before + str(known if known is not None else found["default"] or "")


def _at(value: Any, path: list[str]) -> Any:
    for part in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value if isinstance(value, (str, int, float)) else None
