"""Which faults happen: every kind, at each point where it happens in reality."""

from __future__ import annotations

from typing import Any

LIST, REFRESH, HANDSHAKE = "GET /v2/notification", "POST /v2/account/session/refresh", "GET /ws"
NOTIFICATIONS, PING = "out notifications", "in ping"
NEED_RECONNECTS = {LIST, HANDSHAKE, "open", PING}

Trouble = dict[str, Any]


def _trouble(share: int, probability: float, fault: str, route: str, **arguments: Any) -> Trouble:
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
    _trouble(4, 0.1, "latency", LIST, seconds=0.1, jitter=0.1),
    _trouble(1, 0.1, "bandwidth", LIST, bytes_per_second=20_000),
    _trouble(3, 0.1, "status", LIST, code=429, headers={"Retry-After": "0"}),
    _trouble(3, 0.1, "status", LIST, code=500, body={"code": 13, "message": "database"}),
    _trouble(3, 0.1, "status", LIST, code=502, body="<html>Bad Gateway</html>"),
    _trouble(3, 0.1, "status", LIST, code=503),
    _trouble(2, 0.1, "status", LIST, code=504),
    _trouble(4, 0.1, "expired_token", LIST),
    _trouble(4, 0.1, "reset", LIST),
    _trouble(1, 0.1, "black_hole", LIST),
    _trouble(4, 0.1, "drop_reply", LIST),
    _trouble(4, 0.1, "garbage", LIST),
    _trouble(4, 0.1, "truncated", LIST),
    _trouble(1, 0.5, "reset", REFRESH),
    _trouble(1, 0.5, "status", REFRESH, code=503),
    # Opening sockets
    _trouble(3, 0.2, "status", HANDSHAKE, code=503),
    _trouble(3, 0.2, "expired_token", HANDSHAKE),
    _trouble(3, 0.2, "reset", HANDSHAKE),
    _trouble(2, 0.2, "garbage", HANDSHAKE),
    _trouble(1, 0.2, "black_hole", HANDSHAKE),
    _trouble(2, 0.2, "close", "open", code=1000, reason="server-side session disconnect"),
    _trouble(1, 0.2, "drop_reply", PING),
    _trouble(1, 0.2, "duplicate", PING),
    _trouble(1, 0.2, "reset", PING),
    # Frames
    _trouble(5, 0.02, "latency", NOTIFICATIONS, seconds=0.1, jitter=0.1),
    _trouble(2, 0.02, "bandwidth", NOTIFICATIONS, bytes_per_second=2_000),
    _trouble(6, 0.02, "close", NOTIFICATIONS, code=1000, reason="kicked"),
    _trouble(2, 0.02, "close", NOTIFICATIONS, code=1011, reason="internal error"),
    _trouble(5, 0.02, "reset", NOTIFICATIONS),
    _trouble(1, 0.02, "black_hole", NOTIFICATIONS),
    _trouble(4, 0.02, "garbage", NOTIFICATIONS),
    _trouble(4, 0.02, "truncated", NOTIFICATIONS),
    _trouble(4, 0.02, "frame", NOTIFICATIONS, body='{"notifications":{"notif'),
    _trouble(5, 0.02, "duplicate", NOTIFICATIONS),
    _trouble(3, 0.02, "reorder", NOTIFICATIONS, behind=3, seconds=0.2),
]


def plan(count: int) -> list[Trouble]:
    """The rules of faults that together happen so many times."""
    total = sum(trouble["times"] for trouble in _PLAN)
    rules, given, before = [], 0, 0
    for trouble in _PLAN:
        before += trouble["times"]
        times = round(count * before / total) - given
        given += times
        if times:
            rules.append({**trouble, "times": times})
    return rules
