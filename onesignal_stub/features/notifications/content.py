"""The texts that one device shows: in its language or else English, with placeholders replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from onesignal_stub.audience import EMAIL_TYPE, Channel
from onesignal_stub.features.notifications.placeholders import TextTemplate
from onesignal_stub.filters import FilterSubject

DEFAULT_LANGUAGE = "en"


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
        length: How many characters the texts have together.
    """

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._request = request
        self._contents: Mapping[str, str] = request.get("contents") or {}
        self._headings: Mapping[str, str] = request.get("headings") or {}
        self._by_language: dict[str | None, Content] = {}
        self._custom = {"message": {"custom_data": request.get("custom_data") or {}}}
        texts = {*self._contents.values(), *self._headings.values()}
        texts |= {*(request.get("subtitle") or {}).values()}
        texts |= {request.get("email_subject") or "", request.get("email_body") or ""}
        self._templates = {text: TextTemplate(text) for text in texts}
        self.is_personal = any(each.has_placeholders for each in self._templates.values())
        self.length = sum(map(len, texts))

    def of(self, device: FilterSubject, *, fill: bool = True) -> Content:
        """The texts that a device shows, with its own data unless they are not to be filled in."""
        is_email = device.device_type == EMAIL_TYPE
        content = self._email() if is_email else self._in(device.language)
        return self._filled(content, device) if fill and self.is_personal else content

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
        return Content(
            content.language,
            self._fill_in(content.contents, device),
            self._fill_in(content.heading, device),
            self._fill_in(content.subtitle, device),
        )

    def _fill_in(self, text: str | None, device: FilterSubject) -> str | None:
        return None if text is None else self._templates[text].fill(device.tags, self._custom)
