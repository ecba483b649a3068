"""Requests with their replies and durations, for metrics and tracing."""

from __future__ import annotations

import logging
import time

from attrs import frozen

from nakama_client.errors import NakamaError
from nakama_client.events.handlers import Handlers

_log = logging.getLogger("nakama_client.exchanges")


@frozen(kw_only=True)
class Exchange:
    """One request and its reply, or the error in its place; it holds no token and no body.

    A call that is repeated is several exchanges.

    Attributes:
        method: The HTTP method; `socket` for a request over the socket.
        path: The path without its query, or the request's name, such as `channel_join`.
        status: The HTTP status, 101 for a handshake; 0 over the socket and without a reply.
        seconds: The time from sending until the reply was read.
        error: What the call raised; None when it succeeded.
    """

    method: str
    path: str
    status: int
    seconds: float
    error: NakamaError | None


class Exchanges:
    """Calls the functions of `Client.on_exchange`, inside of the call that is observed.

    Attributes:
        handlers: The functions.
    """

    def __init__(self) -> None:
        self.handlers: Handlers[Exchange] = Handlers()

    def ended(
        self, method: str, path: str, started: float, *, status: int, error: NakamaError | None
    ) -> None:
        """Tell the functions of an exchange.

        Args:
            method: As in `Exchange`.
            path: As in `Exchange`.
            started: When the request was sent, by `time.perf_counter`.
            status: As in `Exchange`, when there is no error.
            error: As in `Exchange`.
        """
        if not self.handlers.all:
            return
        exchange = Exchange(
            method=method,
            path=path,
            status=status if error is None else error.status,
            seconds=time.perf_counter() - started,
            error=error,
        )
        for handler in self.handlers.all:
            try:
                handler.function(exchange)
            except Exception:
                _log.exception("the on_exchange function %s failed", handler.name)
