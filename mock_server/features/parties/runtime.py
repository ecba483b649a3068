"""`nk.party_list`."""

from __future__ import annotations

from typing import Any

from mock_server.features.parties.listing import ListingError, PartyFilter, list_parties
from mock_server.features.parties.registry import PartyRegistry
from mock_server.label_query import SearchError
from mock_server.runtime.arguments import Arguments
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions


class PartyFunctions(RuntimeFunctions):
    """List parties."""

    def __init__(self, registry: PartyRegistry) -> None:
        self._registry = registry

    def party_list(
        self,
        limit: Any = None,
        is_open: Any = None,
        show_hidden: Any = None,
        query: Any = None,
        cursor: Any = None,
    ) -> tuple[list[dict[str, Any]], str | None]:
        """List parties.

        Args:
            limit: How many at most, 1 to 100; 10 when left out.
            is_open: Whether one joins them without being accepted; None is both.
            show_hidden: Whether hidden ones are shown, too.
            query: A query on labels; everything when left out.
            cursor: Where the page before ended.

        Returns:
            The parties, each with its id as `match_id`, and the next page's cursor or None.

        Raises:
            ModuleError: A bad argument, a query that can't be read, or no cursor of this list.
        """
        given = Arguments("party_list", limit, is_open, show_hidden, query, cursor)
        most = given.optional_integer(1, 10)
        if not 1 <= most <= 100:
            raise given.error(1, "expects limit to be 1-100")
        if is_open is not None and not isinstance(is_open, bool):
            raise given.error(2, "expects open true/false or nil")
        hidden = given.flag(3)
        wanted = PartyFilter(most, is_open, given.optional_text(4), given.optional_text(5), hidden)
        try:
            found, following = list_parties(self._registry, wanted)
        except (ListingError, SearchError) as error:
            raise ModuleError(f"failed to list parties: {error}") from None
        parties = [
            {
                "match_id": entry.party_id,
                "open": entry.open,
                "maxSize": entry.max_size,
                "label": entry.label.text,
            }
            for entry in found
        ]
        return parties, following
