"""What every feature stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nakama_client.calls import Calls
    from nakama_client.realtime import Realtime


class ClientFeature:
    """A part of `Client`: calls over HTTP."""

    _calls: Calls


class SocketFeature:
    """A part of `Socket`: requests and events of the realtime connection."""

    _realtime: Realtime
