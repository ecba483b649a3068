"""`nk.match_*` and `nk.register_match`."""

from __future__ import annotations

from typing import Any

from mock_server.features.matches.listing import MatchFilter, MatchListing
from mock_server.features.matches.registry import MatchRegistry
from mock_server.label_query import InvalidQuery, SearchError
from mock_server.runtime.arguments import Arguments, lua_type
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions


class MatchFunctions(RuntimeFunctions):
    """Make, find and signal matches whose handler is a server module."""

    def __init__(self, matches: MatchRegistry, listing: MatchListing) -> None:
        self._matches = matches
        self._listing = listing

    async def match_create(self, module: Any = None, params: Any = None) -> str:
        """Make a match.

        Args:
            module: The Lua module that is its handler, or the name of a registered one.
            params: A table for `match_init`, or None.

        Returns:
            The match's id.

        Raises:
            ModuleError: A bad argument, no such handler, or one that makes no match.
        """
        given = Arguments("match_create", module, params)
        name = given.text(1)
        if not name:
            raise given.error(1, "expects module name")
        if params is not None and not isinstance(params, dict):
            raise given.error(2, "expects params to be nil or a table of key-value pairs")
        try:
            return str(await self._matches.create(name, params))
        except ModuleError as error:
            raise ModuleError(f"error creating match: {error.message}") from None

    def match_get(self, match_id: Any = None) -> dict[str, Any] | None:
        """A running match, or None; one that is relayed has neither label nor handler.

        Raises:
            ModuleError: A bad argument, or no match id.
        """
        text = Arguments("match_get", match_id).text(1)
        try:
            match = self._listing.get(text)
        except ModuleError as error:
            raise ModuleError(f"failed to get match: {error.message}") from None
        return match.table() if match is not None else None

    def match_list(
        self,
        limit: Any = None,
        authoritative: Any = None,
        label: Any = None,
        min_size: Any = None,
        max_size: Any = None,
        query: Any = None,
    ) -> list[dict[str, Any]]:
        """List running matches.

        Args:
            limit: How many at most; 1 when left out.
            authoritative: Whether they have a handler; None is both.
            label: Exactly this label.
            min_size: At least as many members.
            max_size: At most as many.
            query: A query on the labels.

        Raises:
            ModuleError: A bad argument, or a query that can't be read.
        """
        given = Arguments("match_list", limit, authoritative, label, min_size, max_size, query)
        most = 1 if limit is None else given.integer(1)
        wanted = MatchFilter(
            authoritative=_typed(given, 2, authoritative, "boolean", "authoritative true/false"),
            label=_typed(given, 3, label, "string", "label string"),
            min_size=_size(_typed(given, 4, min_size, "number", "minimum size number")),
            max_size=_size(_typed(given, 5, max_size, "number", "maximum size number")),
            query=_typed(given, 6, query, "string", "query string"),
        )
        try:
            return [match.table() for match in self._listing.find(wanted, most)]
        except InvalidQuery as error:
            problem = f"error parsing query string: {error}"
        except SearchError as error:
            problem = f"error listing matches by query: {error}"
        raise ModuleError(f"failed to list matches: {problem}")

    async def match_signal(self, match_id: Any = None, data: Any = None) -> str:
        """Signal a match.

        Args:
            match_id: Which.
            data: A text for its `match_signal`; empty when left out.

        Returns:
            What `match_signal` answers; empty when it answers nothing.

        Raises:
            ModuleError: A bad argument, no such match, or one that gives no answer.
        """
        given = Arguments("match_signal", match_id, data)
        text, signal = given.text(1), given.optional_text(2)
        try:
            return await self._matches.signal(text, signal)
        except ModuleError as error:
            raise ModuleError(f"failed to signal match: {error.message}") from None


def _typed(given: Arguments, number: int, value: Any, kind: str, what: str) -> Any:
    if value is not None and lua_type(value) != kind:
        raise given.error(number, f"expects {what} or nil")
    return value


def _size(number: float | None) -> int | None:
    return None if number is None else int(number)
