"""Finds messages: by text, user, device, app, template, platform and status."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from attrs import frozen

from onesignal_stub.inbox.platforms import types_of
from onesignal_stub.steps import Steps
from server_kit import Store

STATUSES = ("sent", "scheduled", "sending", "canceled", "nobody")
MAX_WORDS = 5
_HIDDEN_AT_ONCE = 20_000  # pushes that one step looks at to hide them
_PART_OF_UUID = re.compile("[0-9a-f-]{3,36}")
_SPECIAL = re.compile(r"[%_\\]")
_REACHED = "m.notification IN (SELECT notification FROM deliveries"
_FROM = "FROM messages m LEFT JOIN notifications n ON n.number = m.notification"


@frozen(kw_only=True)
class MessageQuery:
    """A selection of messages; "" selects all.

    Attributes:
        q: Words that all have to be found in the texts, or the names of the app, the template, and
            of users and devices that got it or were left out; the first five count, upper and
            lower case do not.
        app: The id of an app.
        platform: One of PLATFORMS: a device of it got the message.
        status: One of STATUSES.
        user: An external user id or onesignal_id: a device of the user got it.
        device: A player, or subscription, id that got it.
        template: The id of a template.
    """

    q: str = ""
    app: str = ""
    platform: str = ""
    status: str = ""
    user: str = ""
    device: str = ""
    template: str = ""


@frozen
class InboxPage:
    """Some of the messages that were found.

    Attributes:
        numbers: The numbers of the messages, the newest first.
        total: How many were found.
        is_last: There are no older ones.
    """

    numbers: Sequence[int]
    total: int
    is_last: bool


class MessageSearch:
    """Finds messages.

    Args:
        store: The tables.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def page(self, query: MessageQuery, *, limit: int, before: int | None) -> InboxPage:
        """The newest messages that match, or the newest before another.

        Args:
            query: Which.
            limit: How many at most.
            before: The number of a message; None begins with the newest.
        """
        if query == MessageQuery():
            return self._everything(limit, before)
        condition, params = self._where(query)
        rows = self._store.all(
            f"SELECT m.number {_FROM} WHERE {condition} ORDER BY m.number DESC", *params
        )
        numbers = [row[0] for row in rows]
        rest = numbers if before is None else [each for each in numbers if each < before]
        return InboxPage(rest[:limit], len(numbers), len(rest) <= limit)

    def count(self) -> int:
        """How many messages there are."""
        row = self._store.one("SELECT count(*) FROM messages WHERE NOT hidden")
        return 0 if row is None else int(row[0])

    def clear(self, query: MessageQuery, *, until: int) -> Steps[int]:
        """Forget the messages that match, with what they brought to devices; how many they were.

        A scheduled one is still sent, and is back then.

        Args:
            query: Which.
            until: The number of the newest that is meant: what came after it stays.
        """
        condition, params = self._where(query)
        condition += " AND m.number <= ?"
        params.append(until)
        count = self._store.run(
            "UPDATE messages SET hidden = 1 WHERE number IN"
            f" (SELECT m.number {_FROM} WHERE {condition})",
            *params,
        )
        newest = self._store.one("SELECT coalesce(max(number), 0) FROM delivery_rows")
        assert newest is not None
        for after in range(0, newest[0], _HIDDEN_AT_ONCE):
            self._store.run(
                "UPDATE delivery_rows SET hidden = 1 WHERE number > ? AND number <= ?"
                " AND NOT hidden AND +notification IN"
                " (SELECT notification FROM messages WHERE hidden)",
                after,
                after + _HIDDEN_AT_ONCE,
            )
            if after + _HIDDEN_AT_ONCE < newest[0]:
                yield
        return count

    def _everything(self, limit: int, before: int | None) -> InboxPage:
        rows = self._store.all(
            "SELECT number FROM messages WHERE NOT hidden AND number < ?"
            " ORDER BY number DESC LIMIT ?",
            (1 << 62) if before is None else before,
            limit + 1,
        )
        numbers = [row[0] for row in rows]
        return InboxPage(numbers[:limit], self.count(), len(numbers) <= limit)

    def _where(self, query: MessageQuery) -> tuple[str, list[Any]]:
        terms, params = ["NOT m.hidden"], list[Any]()

        def add(term: str, *values: Any) -> None:
            terms.append(term)
            params.extend(values)

        if query.app:
            add("m.app_id = ?", query.app.lower())
        if query.template:
            add("m.template_id = ?", query.template.lower())
        if query.status:
            add("coalesce(n.state, 'nobody') = ?", query.status)
        if query.platform:
            types = ", ".join(map(str, types_of(query.platform))) or "NULL"
            add(
                "EXISTS (SELECT 1 FROM deliveries d WHERE d.notification = m.notification"
                f" AND d.device_type IN ({types}))"
            )
        if query.user:
            of_user = "external_id = ? OR onesignal_id = ?"
            add(f"{_REACHED} WHERE {of_user})", query.user, query.user.lower())
        if query.device:
            add(f"{_REACHED} WHERE subscription_id = ?)", query.device.lower())
        for word in query.q.casefold().split()[:MAX_WORDS]:
            add(*self._about(word))
        return " AND ".join(terms), params

    def _about(self, word: str) -> tuple[Any, ...]:
        """A condition and its parameters: a word is found anywhere in a message."""
        like = containing(word)
        named, values = "external_id LIKE ? ESCAPE '\\'", [like]
        if _PART_OF_UUID.fullmatch(word):
            named += " OR subscription_id LIKE ? OR onesignal_id LIKE ?"
            values += [like, like]
        of_device, *params = _of_device(named, *values)
        apps = [
            row["id"]
            for row in self._store.all("SELECT id, name FROM apps")
            if word in row["name"].casefold()
        ]
        in_app = f"m.app_id IN ({', '.join('?' * len(apps))})"
        term = (
            f"(instr(m.words, ?) OR n.id LIKE ? ESCAPE '\\' OR {in_app} OR m.notification IN"
            " (SELECT notification FROM texts WHERE words IS NOT NULL AND instr(words, ?))"
            f" OR {of_device})"
        )
        return term, word, like, *apps, word, *params


def _of_device(condition: str, *params: Any) -> tuple[Any, ...]:
    """A condition and its parameters: a device got the message or was left out of it."""
    term = (
        f"({_REACHED} WHERE {condition})"
        f" OR m.number IN (SELECT message FROM left_out WHERE {condition}))"
    )
    return term, *params, *params


def containing(text: str) -> str:
    """A pattern for `LIKE` with a backslash as `ESCAPE` that finds a text anywhere."""
    escaped = _SPECIAL.sub(r"\\\g<0>", text)
    return f"%{escaped}%"
