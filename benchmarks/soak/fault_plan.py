"""Which faults happen: every kind, at each point where it happens in reality."""

from __future__ import annotations

from typing import Any

LIST, REFRESH, HANDSHAKE = "GET /v2/notification", "POST /v2/account/session/refresh", "GET /ws"
NOTIFICATIONS, PING = "out notifications", "in ping"
NEED_RECONNECTS = {LIST, HANDSHAKE, "open", PING}

FaultRule = dict[str, Any]


def _rule(share: int, probability: float, fault: str, route: str, **arguments: Any) -> FaultRule:
    return {
        "times": share,
        "probability": probability,
        "fault": fault,
        "route": route,
        **arguments,
    }


# How often of a hundred each happens. A frame that vanishes while its connection stays is not
# among them, because TCP does not do that.
_PLAN = [
    # HTTP
    _rule(4, 0.1, "latency", LIST, seconds=0.1, jitter=0.1),
    _rule(1, 0.1, "bandwidth", LIST, bytes_per_second=20_000),
    _rule(3, 0.1, "status", LIST, code=429, headers={"Retry-After": "0"}),
    _rule(3, 0.1, "status", LIST, code=500, body={"code": 13, "message": "database"}),
    _rule(3, 0.1, "status", LIST, code=502, body="<html>Bad Gateway</html>"),
    _rule(3, 0.1, "status", LIST, code=503),
    _rule(2, 0.1, "status", LIST, code=504),
    _rule(4, 0.1, "expired_token", LIST),
    _rule(4, 0.1, "reset", LIST),
    _rule(1, 0.1, "black_hole", LIST),
    _rule(4, 0.1, "drop_reply", LIST),
    _rule(4, 0.1, "garbage", LIST),
    _rule(4, 0.1, "truncated", LIST),
    _rule(1, 0.5, "reset", REFRESH),
    _rule(1, 0.5, "status", REFRESH, code=503),
    # Opening sockets
    _rule(3, 0.2, "status", HANDSHAKE, code=503),
    _rule(3, 0.2, "expired_token", HANDSHAKE),
    _rule(3, 0.2, "reset", HANDSHAKE),
    _rule(2, 0.2, "garbage", HANDSHAKE),
    _rule(1, 0.2, "black_hole", HANDSHAKE),
    _rule(2, 0.2, "close", "open", code=1000, reason="server-side session disconnect"),
    _rule(1, 0.2, "drop_reply", PING),
    _rule(1, 0.2, "duplicate", PING),
    _rule(1, 0.2, "reset", PING),
    # Frames
    _rule(5, 0.02, "latency", NOTIFICATIONS, seconds=0.1, jitter=0.1),
    _rule(2, 0.02, "bandwidth", NOTIFICATIONS, bytes_per_second=2_000),
    _rule(6, 0.02, "close", NOTIFICATIONS, code=1000, reason="kicked"),
    _rule(2, 0.02, "close", NOTIFICATIONS, code=1011, reason="internal error"),
    _rule(5, 0.02, "reset", NOTIFICATIONS),
    _rule(1, 0.02, "black_hole", NOTIFICATIONS),
    _rule(4, 0.02, "garbage", NOTIFICATIONS),
    _rule(4, 0.02, "truncated", NOTIFICATIONS),
    _rule(4, 0.02, "frame", NOTIFICATIONS, body='{"notifications":{"notif'),
    _rule(5, 0.02, "duplicate", NOTIFICATIONS),
    _rule(3, 0.02, "reorder", NOTIFICATIONS, behind=3, seconds=0.2),
]


def plan(count: int) -> list[FaultRule]:
    """The rules of faults that together happen so many times."""
    total = sum(rule["times"] for rule in _PLAN)
    rules, given, before = [], 0, 0
    for rule in _PLAN:
        before += rule["times"]
        times = round(count * before / total) - given
        given += times
        if times:
            rules.append({**rule, "times": times})
    return rules
