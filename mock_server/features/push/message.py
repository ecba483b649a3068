"""The message of a push."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from mock_server.features.push.targets import check_optional_target


@frozen(kw_only=True)
class PushMessage:
    """The message of a push; each device shows it in its own language.

    Attributes:
        contents: The text by language, as `{"en": "Hello", "de": "Hallo"}`; `en` is
            required and shown for all other languages.
        headings: The title by language; other languages have none.
        data: The app's own data; up to 2,048 bytes of JSON.
        send_after: When to send it; None is now.
        target: The setting `push.target` for this message, as `external_user_id:email`; that of
            the rule, or the setting itself, where empty.

    Raises:
        InvalidRule: There is no such target.
    """

    contents: Mapping[str, str]
    headings: Mapping[str, str] = field(factory=dict)
    data: Mapping[str, Any] = field(factory=dict)
    send_after: datetime | None = None
    target: str = field(default="", validator=check_optional_target)

    def fields(self) -> dict[str, Any]:
        """The fields of a request that creates a notification."""
        optional = {
            "headings": dict(self.headings),
            "data": dict(self.data),
            "send_after": self.send_after and self.send_after.isoformat(),
        }
        given = {name: value for name, value in optional.items() if value}
        return {"contents": dict(self.contents), **given}
