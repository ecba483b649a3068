"""The requests and frames that came in, as the console shows them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

import attrs

from mock_server.console.page.paging import PageQuery, choice
from server_kit import Entry, Journal

KINDS = ("http", "grpc", "frame", "fault")
STATES = ("problems", "refused", "ignored")
_OPEN = ("/v2/account/authenticate/", "/v2/account/session/refresh")  # these take the server key


class RequestList:
    """Finds and shows the journal's entries.

    Args:
        journal: The journal.
        name_of: Returns the user name of an id; empty for an unknown one.
        find_url: Returns where the client API is.
    """

    def __init__(
        self, journal: Journal, name_of: Callable[[str], str], find_url: Callable[[], str]
    ) -> None:
        self._journal = journal
        self._name_of = name_of
        self._find_url = find_url

    def page(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of the entries, newest first.

        Args:
            query: `kind`, `state`, `user` (an id), `q` (in name, user, body or answer), `id`,
                `limit`, `offset`.

        Raises:
            web.HTTPBadRequest: A parameter has no such value.
        """
        wanted = PageQuery.read(query)
        kind, state = choice(query, "kind", KINDS), choice(query, "state", STATES)
        user, name_of = query.get("user", ""), cache(self._name_of)
        found = [
            (number, entry)
            for number, entry in self._journal.numbered()
            if wanted.id in ("", str(number))
            and kind in ("", entry.kind)
            and user in ("", entry.user_id)
            and _is_in(state, entry)
            and _matches(wanted, entry, name_of)
        ]
        return wanted.page(found, self._show)

    def problems(self) -> list[dict[str, Any]]:
        """The problems by kind, the most frequent first, with the number of the newest entry."""
        groups: dict[tuple[str, str], dict[str, Any]] = {}
        for number, entry in self._journal.numbered():
            if not entry.is_problem:
                continue
            cause = entry.unmatched or (entry.error or "").strip().rpartition("\n")[2]
            group = groups.setdefault(
                (entry.name, cause),
                {
                    "id": str(number),
                    "name": entry.name,
                    "kind": entry.kind,
                    "unmatched": entry.unmatched,
                    "error": None if entry.unmatched else cause,
                    "time": entry.time,
                    "count": 0,
                },
            )
            group["count"] += 1
        return sorted(groups.values(), key=lambda group: -group["count"])

    def _show(self, numbered: tuple[int, Entry]) -> dict[str, Any]:
        number, entry = numbered
        return {
            "id": str(number),
            **attrs.asdict(entry),
            "username": self._name_of(entry.user_id or ""),
            "curl": curl(entry, self._find_url()) if entry.kind == "http" else None,
        }


def curl(entry: Entry, url: str) -> str:
    """A shell command that sends a request again; the journal keeps no token and no secret body."""
    method, _, path = entry.name.partition(" ")
    query = f"?{urlencode(entry.query)}" if entry.query else ""
    words = ["curl", "-i", "-X", shlex.quote(method), shlex.quote(url + path + query)]
    if path.startswith(_OPEN):
        words += ["-u", '"$SERVER_KEY:"', "-d", '"$BODY"']
    else:
        words += ["-H", '"Authorization: Bearer $TOKEN"']
        if entry.body:
            words += ["--data-raw", shlex.quote(entry.body)]
    return " ".join(words)


def _matches(wanted: PageQuery, entry: Entry, name_of: Callable[[str], str]) -> bool:
    if wanted.finds(entry.name, entry.user_id, entry.body, entry.answer):
        return True
    return entry.user_id is not None and wanted.finds(name_of(entry.user_id))


def _is_in(state: str, entry: Entry) -> bool:
    if state == "problems":
        return entry.is_problem
    if state == "ignored":
        return bool(entry.ignored)
    return state != "refused" or _is_refused(entry)


def _is_refused(entry: Entry) -> bool:
    is_error = entry.kind == "frame" and '"error":{' in entry.answer[:80]
    return (entry.status or 0) >= 400 or is_error
