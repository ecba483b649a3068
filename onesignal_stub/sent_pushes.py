"""What was sent: one Push per notification and device, to be read or awaited."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from attrs import field, frozen

from onesignal_stub.audience import Channel
from onesignal_stub.steps import Steps, give_turn
from server_kit import Notifier, ServerNotRunning, Store
from server_kit.store import Row

_LOOKED_AT = 20_000  # pushes that one step compares
_READ = 500  # pushes that one step reads or changes
STOPPED = "the stub stopped before a push came"
_CHANNELS: dict[int, Channel] = {11: "email", 14: "sms"}


@frozen
class Push:
    """One message as one device received it.

    Attributes:
        id: Counts up in the order of sending.
        notification_id: The notification that it belongs to.
        app_id: The app.
        player_id: The player, or subscription, that received it.
        external_user_id: The player's user as the backend calls it; None if it has none.
        onesignal_id: The player's user as OneSignal calls it.
        device_type: 0 iOS, 1 Android, … 11 e-mail, 14 SMS.
        channel: `push`, `email` or `sms`.
        language: The language of `contents` that this device received.
        contents: The text, or the e-mail's body.
        heading: The title, or the e-mail's subject.
        subtitle: The subtitle (iOS).
        data: The app's own data.
        url: What opens on a tap.
        collapse_id: A device shows only the newest push with this id.
        time: When it was sent, in seconds since the epoch on the stub's clock.
        received_at: When the device confirmed it; None if it did not.
        opened_at: When it was opened; None if it was not.
        dismissed_at: When it was dismissed; None if it was not.
        notification: Every field of the request that created the notification.
    """

    id: int
    notification_id: str
    app_id: str
    player_id: str
    external_user_id: str | None
    onesignal_id: str
    device_type: int
    channel: Channel
    language: str | None
    contents: str | None
    heading: str | None
    subtitle: str | None
    data: dict[str, Any]
    url: str | None
    collapse_id: str | None
    time: float
    received_at: float | None
    opened_at: float | None
    dismissed_at: float | None
    notification: dict[str, Any] = field(repr=False)


@frozen(kw_only=True)
class PushQuery:
    """Selects pushes; None means any.

    Attributes:
        notification_id: Those of one notification.
        player_id: Those to one player or subscription.
        external_user_id: Those to the devices of one user.
        contains: Those with this text in heading, subtitle or contents.
        since: Those sent at this time (seconds since the epoch) or later.
    """

    notification_id: str | None = None
    player_id: str | None = None
    external_user_id: str | None = None
    contains: str | None = None
    since: float | None = None


_FROM = (
    " FROM deliveries d JOIN notifications n ON n.number = d.notification"
    " JOIN texts t ON t.number = d.text"
)
_SELECT = (
    "SELECT d.*, n.id AS notification_id, n.app_id, t.language, t.contents, t.heading,"
    f" t.subtitle{_FROM}"
)


class SentPushes:
    """The pushes of one stub.

    Args:
        store: The tables.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._recorded = Notifier()
        self._closed = False
        self._replacements = 0

    def close(self) -> None:
        """End every wait for a push with ServerNotRunning."""
        self._closed = True
        self.notify()

    def notify(self) -> None:
        """Wake everything that waits for a push."""
        self._recorded.notify()

    def replaced(self) -> None:
        """Make waiters look at every push again, after the tables were replaced."""
        self._replacements += 1
        self.notify()

    def get(self, push_id: int) -> Push:
        """One push.

        Raises:
            LookupError: There is none with this id.
        """
        found = self._pushes(self._store.all(f"{_SELECT} WHERE d.number = ?", push_id))
        if not found:
            raise LookupError(f"there is no push {push_id}")
        return found[0]

    def find(self, query: PushQuery) -> list[Push]:
        """The pushes that match, in the order of sending."""
        condition, params = self._where(query)
        return self._pushes(
            self._store.all(f"{_SELECT} WHERE {condition} ORDER BY d.number", *params)
        )

    def numbers(self, query: PushQuery, *, newest: int | None = None) -> Steps[list[int]]:
        """The ids of the pushes that match, or only of so many of the newest, in order."""
        condition, params = self._where(query)
        sql = f"SELECT d.number{_FROM} WHERE d.number > ? AND d.number <= ? AND {condition}"
        wanted = -1 if newest is None else newest
        found: list[int] = []
        last = self._last()
        while last > 0 and (wanted < 0 or len(found) < wanted):
            rows = self._store.all(
                f"{sql} ORDER BY d.number DESC LIMIT ?",
                last - _LOOKED_AT,
                last,
                *params,
                -1 if wanted < 0 else wanted - len(found),
            )
            found += (row[0] for row in rows)
            last -= _LOOKED_AT
            yield
        return found[::-1]

    def read(self, numbers: Sequence[int]) -> Iterator[Push]:
        """The pushes with these ids, which are read as they are asked for."""
        for start in range(0, len(numbers), _READ):
            some = msgspec.json.encode(numbers[start : start + _READ]).decode()
            listed = "(SELECT value FROM json_each(?))"
            sql = f"{_SELECT} WHERE d.number IN {listed} AND d.hidden = 0 ORDER BY d.number"
            yield from self._pushes(self._store.all(sql, some))

    def first(self, query: PushQuery, *, after: int = 0, last: int) -> Push | None:
        """The oldest push that matches, of those with an id above `after`, up to `last`."""
        condition, params = self._where(query)
        sql = f"{_SELECT} WHERE d.number > ? AND d.number <= ? AND {condition}"
        rows = self._store.all(f"{sql} ORDER BY d.number LIMIT 1", after, last, *params)
        return next(iter(self._pushes(rows)), None)

    def delete(self, query: PushQuery) -> Steps[int]:
        """Forget the pushes that match and return how many; their notifications stay."""
        numbers = yield from self.numbers(query)
        for start in range(0, len(numbers), _READ):
            some = msgspec.json.encode(numbers[start : start + _READ]).decode()
            self._store.run(
                "UPDATE delivery_rows SET hidden = 1"
                " WHERE number IN (SELECT value FROM json_each(?))",
                some,
            )
            yield
        return len(numbers)

    async def wait_for(self, query: PushQuery, *, timeout: float) -> Push:
        """Return the first push that matches, recorded already or to come.

        Raises:
            TimeoutError: None came in time; the message lists what was sent.
            ServerNotRunning: The stub stopped.
        """
        looked_at, replacements = 0, self._replacements
        while looked_at < self._newest():
            last = looked_at + _LOOKED_AT
            push = self.first(query, after=looked_at, last=min(last, self._newest()))
            if push is not None:
                return push
            looked_at = min(last, self._newest())
            await give_turn()

        def first() -> Push | None:
            nonlocal looked_at, replacements
            if self._closed:
                raise ServerNotRunning(STOPPED)
            if replacements != self._replacements:
                looked_at, replacements = 0, self._replacements
            push = self.first(query, after=looked_at, last=self._last())
            looked_at = self._newest()
            return push

        try:
            return await self._recorded.wait_for(first, timeout=timeout)
        except TimeoutError:
            raise TimeoutError(
                f"no matching push within {timeout} s; sent: {self._summary()}"
            ) from None

    def _last(self) -> int:
        row = self._store.one("SELECT coalesce(max(number), 0) FROM delivery_rows")
        assert row is not None
        return int(row[0])

    def _newest(self) -> int:
        """The newest push before which no other push can still appear."""
        row = self._store.one(
            "SELECT coalesce((SELECT min((SELECT min(number) FROM delivery_rows d"
            " WHERE d.notification = unfinished.notification)) - 1 FROM unfinished),"
            " (SELECT max(number) FROM delivery_rows), 0)"
        )
        assert row is not None
        return int(row[0])

    def _where(self, query: PushQuery) -> tuple[str, list[Any]]:
        terms, params = ["d.hidden = 0"], list[Any]()
        if query.notification_id is not None:
            terms.append("n.id = ?")
            params.append(query.notification_id.lower())
        if query.player_id is not None:
            term, param = self._of_player(query.player_id.lower())
            terms.append(term)
            params.append(param)
        if query.external_user_id is not None:
            terms.append("d.external_id = ?")
            params.append(query.external_user_id)
        if query.contains is not None:
            terms.append(
                "instr(coalesce(t.heading, '') || char(10) || coalesce(t.subtitle, '')"
                " || char(10) || coalesce(t.contents, ''), ?)"
            )
            params.append(query.contains)
        if query.since is not None:
            terms.append("d.sent_at >= ?")
            params.append(query.since)
        return " AND ".join(terms), params

    def _of_player(self, player_id: str) -> tuple[str, Any]:
        row = self._store.one("SELECT number FROM subscriptions WHERE id = ?", player_id)
        if row is None:  # deleted since; what it received stays on record
            return "d.subscription_id = ?", player_id
        return "d.subscription = ?", row["number"]

    def _pushes(self, rows: Iterable[Row]) -> list[Push]:
        requests: dict[int, dict[str, Any]] = {}  # read once for each: it may be long
        found = []
        for row in rows:
            number = row["notification"]
            if number not in requests:
                kept = self._store.one("SELECT request FROM notifications WHERE number = ?", number)
                assert kept is not None
                requests[number] = msgspec.json.decode(kept["request"])
            found.append(_push(row, requests[number]))
        return found

    def _summary(self) -> str:
        rows = self._store.all(f"{_SELECT} WHERE d.hidden = 0 ORDER BY d.number DESC LIMIT 20")
        shown = [f"{push.contents!r} to player {push.player_id}" for push in self._pushes(rows)]
        return ", ".join(reversed(shown)) or "nothing"


def _push(row: Row, request: dict[str, Any]) -> Push:
    return Push(
        id=row["number"],
        notification_id=row["notification_id"],
        app_id=row["app_id"],
        player_id=row["subscription_id"],
        external_user_id=row["external_id"],
        onesignal_id=row["onesignal_id"],
        device_type=row["device_type"],
        channel=_CHANNELS.get(row["device_type"], "push"),
        language=row["language"],
        contents=row["contents"],
        heading=row["heading"],
        subtitle=row["subtitle"],
        data=request.get("data") or {},
        url=request.get("url"),
        collapse_id=request.get("collapse_id"),
        time=row["sent_at"],
        received_at=row["received_at"],
        opened_at=row["clicked_at"],
        dismissed_at=row["dismissed_at"],
        notification=request,
    )
