"""One page of a list: what was asked for, and the part of the found items that answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from attrs import frozen

from server_kit.bodies import refusal

MAX_LIMIT = 200
_LIMIT = 50

T = TypeVar("T")


@frozen
class PageQuery:
    """A part of a list.

    Attributes:
        q: What the items contain, in lower case; empty for all.
        id: The one item; empty for all.
        limit: How many items at most.
        offset: How many are passed over first.
    """

    q: str
    id: str
    limit: int
    offset: int

    @classmethod
    def read(cls, query: Mapping[str, str]) -> PageQuery:
        """The page that a query asks for.

        Raises:
            web.HTTPBadRequest: `limit` or `offset` is no number.
        """
        return cls(
            q=query.get("q", "").strip().lower(),
            id=query.get("id", "").strip(),
            limit=min(_number(query, "limit", _LIMIT), MAX_LIMIT),
            offset=_number(query, "offset", 0),
        )

    def finds(self, *texts: str | None) -> bool:
        """Whether one of these texts contains what is searched."""
        return not self.q or any(self.q in text.lower() for text in texts if text)

    def page(self, found: Sequence[T], show: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
        """The answer: the items as they are shown, how many are found, where the next page begins.

        Args:
            found: Everything that matches.
            show: Makes the document of an item; called for those of this page only.
        """
        end = self.offset + self.limit
        return {
            "items": [show(each) for each in found[self.offset : end]],
            "total": len(found),
            "next": end if end < len(found) else None,
        }


def choice(query: Mapping[str, str], name: str, choices: Sequence[str]) -> str:
    """A parameter that is empty or one of some.

    Raises:
        web.HTTPBadRequest: It is something else.
    """
    given = query.get(name, "")
    if given and given not in choices:
        raise refusal(f"{name} must be one of {', '.join(choices)}")
    return given


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise refusal(f"{name} must be a number, 0 or more")
    return int(text)
