"""Hooks of requests that Nakama takes from Lua or JavaScript, and calls never or for another."""

from __future__ import annotations

import logging

_log = logging.getLogger("mock_server.runtime")

_NEITHER = ("listparties", "importsteamfriends", "deletetournamentrecord")
_NEVER = {
    ("Lua", "before"): (*_NEITHER, "demotegroupusers"),
    ("Lua", "after"): (*_NEITHER, "demotegroupusers", "listfriendsoffriends"),
    ("JavaScript", "before"): (*_NEITHER, "getmatchmakerstats", "listfriendsoffriends"),
    ("JavaScript", "after"): (*_NEITHER, "getmatchmakerstats", "listfriendsoffriends"),
}
_ELSEWHERE = {"validatesubscriptiongoogle": "ValidateSubscriptionApple"}
"""Whose after hook is called for which other request, by mistake."""


def called_for(language: str, when: str, name: str) -> str:
    """Find the request for which Nakama calls a hook.

    Args:
        language: `Lua` or `JavaScript`.
        when: `before` or `after`.
        name: The request that it was registered for.

    Returns:
        The request's name; empty where Nakama never calls the hook. Nakama does not say so: the
        log does.
    """
    if name.lower() in _NEVER[language, when]:
        _log.warning("Nakama never calls %s hooks of %s in %s", when, name, language)
        return ""
    if when == "after" and name.lower() in _ELSEWHERE:
        other = _ELSEWHERE[name.lower()]
        _log.warning("Nakama calls after hooks of %s in %s for %s", name, language, other)
        return other
    return name
