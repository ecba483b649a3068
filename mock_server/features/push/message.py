"""What a push says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen


@frozen(kw_only=True)
class PushMessage:
    """What a push says; each device gets its own language of it.

    Attributes:
        contents: The text by language, as `{"en": "Hello", "de": "Hallo"}`; `en` must be there,
            and is for all other languages.
        headings: The title by language; a language that has none here is shown none.
        data: What the app gets with it; up to 2048 bytes of JSON.
        send_after: When to send it; None is now.
    """

    contents: Mapping[str, str]
    headings: Mapping[str, str] = field(factory=dict)
    data: Mapping[str, Any] = field(factory=dict)
    send_after: datetime | None = None

    def fields(self) -> dict[str, Any]:
        """The fields of a request that creates a notification."""
        optional = {
            "headings": dict(self.headings),
            "data": dict(self.data),
            "send_after": self.send_after and self.send_after.isoformat(),
        }
        given = {name: value for name, value in optional.items() if value}
        return {"contents": dict(self.contents), **given}
