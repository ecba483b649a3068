"""The base classes of every feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nakama_client.api_client import ApiClient
    from nakama_client.socket_connection import SocketConnection


class ClientFeature:
    """A part of `Client`: calls over HTTP."""

    _api: ApiClient


class SocketFeature:
    """A part of `Socket`: requests and events of the realtime connection."""

    _connection: SocketConnection
