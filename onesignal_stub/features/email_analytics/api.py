"""`/apps/{app_id}/email_analytics`."""

from __future__ import annotations

from multidict import MultiMapping

from onesignal_stub.errors import refused
from onesignal_stub.features.email_analytics.core import GRANULARITIES, EmailAnalytics, EmailQuery
from onesignal_stub.http import ApiCall, ApiReply, ApiRoute
from onesignal_stub.times import parse_time

_DAY = 86_400
_MAX_DAYS = 365
_WINDOWS = ("last_24_hours", "last_7_days", "last_30_days")


def routes(analytics: EmailAnalytics) -> list[ApiRoute]:
    """The routes of e-mail analytics."""
    api = _EmailAnalyticsApi(analytics)
    base = "/apps/{app_id}/email_analytics"
    return [
        ApiRoute("GET", f"{base}/delivery_metrics", api.reputation),
        ApiRoute("GET", f"{base}/provider_metrics", api.by_provider),
        ApiRoute("GET", f"{base}/provider_metrics_timeseries", api.over_time),
    ]


class _EmailAnalyticsApi:
    def __init__(self, analytics: EmailAnalytics) -> None:
        self._analytics = analytics

    def reputation(self, _call: ApiCall) -> ApiReply:
        # In the stub nothing bounces and there are no complaints.
        rates = {"bounce_rate": 0.0, "complaint_rate": 0.0}
        return ApiReply(dict.fromkeys(_WINDOWS, rates))

    def by_provider(self, call: ApiCall) -> ApiReply:
        query = _query_of(call.query, now=self._analytics.now, days=_MAX_DAYS)
        return ApiReply({"providers": self._analytics.by_provider(call.app_id, query)})

    def over_time(self, call: ApiCall) -> ApiReply:
        granularity = call.query.get("granularity")
        if granularity not in GRANULARITIES:
            raise refused(f"granularity must be one of {', '.join(GRANULARITIES)}")
        query = _query_of(call.query, now=self._analytics.now, days=GRANULARITIES[granularity].days)
        providers = call.query.getall("providers[]", [])
        events = self._analytics.over_time(call.app_id, query, granularity, providers)
        return ApiReply({"events": events})


def _query_of(query: MultiMapping[str], *, now: float, days: int) -> EmailQuery:
    domain = query.get("domain")
    if not domain:
        raise refused("domain is required")
    start, end = _time(query, "start"), _time(query, "end")
    if start >= end:
        raise refused("start must be before end")
    if start < now - days * _DAY:
        raise refused(f"start must be no more than {days} days ago")
    if end > now + _MAX_DAYS * _DAY:
        raise refused(f"end must be no more than {_MAX_DAYS} days ahead")
    return EmailQuery(domain.lower(), start, end)


def _time(query: MultiMapping[str], name: str) -> float:
    text = query.get(name)
    if not text:
        raise refused(f"{name} is required")
    try:
        return parse_time(text).timestamp()
    except ValueError:
        raise refused(f"{name} must be a time in ISO 8601") from None
