"""E-mail metrics, counted from deliveries and clicks.

https://documentation.onesignal.com/reference/provider-metrics
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import frozen

from onesignal_stub.audience import EMAIL_TYPE
from onesignal_stub.times import iso
from server_kit import Clock, Store

_SENT = ("sent", "delivered")
_OPENED = ("opened", "clicked", "unique_opened", "unique_clicked")
_NEVER = ("failed", "bounced", "complained")
_PROVIDERS = {
    "apple": "icloud.com mac.com me.com",
    "att": "att.net",
    "comcast": "comcast.net",
    "gmail": "gmail.com googlemail.com",
    "outlook_us": "hotmail.com live.com msn.com outlook.com",
    "proton": "pm.me proton.me protonmail.com",
    "yahoo_us": "aol.com yahoo.com",
}
_PROVIDER_OF = {host: name for name, hosts in _PROVIDERS.items() for host in hosts.split()}
_OTHER = "other"
# A message without a sender is from the app's own domain, which the stub does not know.
_OF_DOMAIN = (
    " FROM deliveries d JOIN notifications n ON n.number = d.notification"
    f" WHERE n.app_id = ? AND d.device_type = {EMAIL_TYPE}"
    " AND lower(coalesce(json_extract(n.request, '$.email_sender_domain'),"
    " substr(json_extract(n.request, '$.email_from_address'),"
    " 1 + instr(json_extract(n.request, '$.email_from_address'), '@')), ?)) = ?"
)


@frozen
class EmailQuery:
    """A selection of e-mails.

    Attributes:
        domain: The domain that they were sent from.
        start: Seconds since the epoch.
        end: Seconds since the epoch; exclusive.
    """

    domain: str
    start: float
    end: float


@frozen
class _EmailEvent:
    provider: str
    time: float
    counts: tuple[str, ...]


class EmailAnalytics:
    """The e-mail metrics of all apps.

    Args:
        store: The tables.
        clock: The stub's time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    @property
    def now(self) -> float:
        """The stub's time."""
        return self._clock.time()

    def by_provider(self, app_id: str, query: EmailQuery) -> list[dict[str, Any]]:
        """The metrics of each inbox provider that received an e-mail, by name."""
        events = list(self._events(app_id, query))
        return [
            {
                "provider": provider,
                "metrics": _metrics(event for event in events if event.provider == provider),
            }
            for provider in sorted({event.provider for event in events})
        ]

    def over_time(
        self, app_id: str, query: EmailQuery, granularity: str, providers: Iterable[str]
    ) -> list[dict[str, Any]]:
        """The metrics of each hour, day or month; none if the domain has sent nothing.

        Args:
            app_id: The app.
            query: Which e-mails.
            granularity: One of `GRANULARITIES`.
            providers: Only e-mails to these providers; empty for all.
        """
        if not self._has_sent(app_id, query.domain):
            return []
        wanted = frozenset(providers)
        buckets: dict[float, list[_EmailEvent]] = {
            start: [] for start in _buckets(query, GRANULARITIES[granularity])
        }
        floor = GRANULARITIES[granularity].floor
        for event in self._events(app_id, query):
            if not wanted or event.provider in wanted:
                buckets[floor(_utc(event.time)).timestamp()].append(event)
        return [
            {"date": iso(start), "metrics": _metrics(events)} for start, events in buckets.items()
        ]

    def _has_sent(self, app_id: str, domain: str) -> bool:
        return self._store.one(f"SELECT 1{_OF_DOMAIN} LIMIT 1", app_id, domain, domain) is not None

    def _events(self, app_id: str, query: EmailQuery) -> Iterator[_EmailEvent]:
        rows = self._store.all(
            "SELECT d.sent_at, d.clicked_at,"
            " (SELECT token FROM subscriptions s WHERE s.number = d.subscription) AS address"
            f"{_OF_DOMAIN} AND (d.sent_at >= ? AND d.sent_at < ?"
            " OR d.clicked_at >= ? AND d.clicked_at < ?)",
            app_id,
            query.domain,
            query.domain,
            *(query.start, query.end) * 2,
        )
        for row in rows:
            provider = _PROVIDER_OF.get(
                (row["address"] or "").rpartition("@")[2].casefold(), _OTHER
            )
            for time, counts in ((row["sent_at"], _SENT), (row["clicked_at"], _OPENED)):
                if time is not None and query.start <= time < query.end:
                    yield _EmailEvent(provider, time, counts)


@frozen
class Granularity:
    """The size of a time bucket.

    Attributes:
        floor: The start of the bucket that a time is in.
        longest: How long the longest bucket is.
        days: How far back it can be asked for.
    """

    floor: Callable[[datetime], datetime]
    longest: timedelta
    days: int


def _hour(time: datetime) -> datetime:
    return time.replace(minute=0, second=0, microsecond=0)


def _day(time: datetime) -> datetime:
    return _hour(time).replace(hour=0)


def _month(time: datetime) -> datetime:
    return _day(time).replace(day=1)


GRANULARITIES = {
    "hourly": Granularity(_hour, timedelta(hours=1), 60),
    "daily": Granularity(_day, timedelta(days=1), 365),
    "monthly": Granularity(_month, timedelta(days=31), 365),
}


def _buckets(query: EmailQuery, granularity: Granularity) -> Iterator[float]:
    bucket = granularity.floor(_utc(query.start))
    while bucket.timestamp() < query.end:
        yield bucket.timestamp()
        bucket = granularity.floor(bucket + granularity.longest)


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _metrics(events: Iterable[_EmailEvent]) -> dict[str, int]:
    metrics = dict.fromkeys((*_SENT, *_OPENED, *_NEVER), 0)
    for event in events:
        for name in event.counts:
            metrics[name] += 1
    return metrics
