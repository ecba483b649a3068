"""The matched hook: a server module says which match players go to."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Sequence

from mock_server.features.matches.ids import parse_match_id
from mock_server.features.matchmaker.messages import entries
from mock_server.features.matchmaker.tickets import Ticket
from mock_server.runtime.context import Contexts
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.registrations import Registrations

_log = logging.getLogger("mock_server.matchmaker")


class MatchedHook:
    """Calls the function of `register_matchmaker_matched`; its errors are logged.

    Args:
        node: The server's name.
        registrations: The function.
        contexts: Makes its context.
    """

    def __init__(self, node: str, registrations: Registrations, contexts: Contexts) -> None:
        self._node = node
        self._registrations = registrations
        self._contexts = contexts

    async def match_id(self, tickets: Sequence[Ticket]) -> str | None:
        """The match that tickets go to; None where the function names none, or there is none."""
        function = self._registrations.active.matchmaker_matched
        if function is None:
            return None
        try:
            result = function(self._contexts.new("matchmaker"), entries(tickets, self._node))
            if inspect.isawaitable(result):
                result = await result
        except ModuleError as error:
            _log.error("the matchmaker_matched function failed: %s", error.message)
            return None
        except Exception:
            _log.exception("the matchmaker_matched function failed")
            return None
        if result is None:
            return None
        if isinstance(result, str) and parse_match_id(result) is not None:
            return result
        _log.error("the matchmaker_matched function returned neither a match id nor nothing")
        return None
