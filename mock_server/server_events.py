"""Publishes the events of a server for the readers of `GET /_control/events`."""

from __future__ import annotations

from functools import partial

from mock_server.features.push.push_log import PushLog
from mock_server.features.push.records import PushRecord
from mock_server.realtime.registry import SessionRegistry
from mock_server.realtime.session import SocketSession
from mock_server.runtime.inventory import LoadState
from mock_server.runtime.runtime import Runtime
from server_kit import Journal
from server_kit.web import EventStream


def publish_requests_and_pushes(events: EventStream, journal: Journal, pushes: PushLog) -> None:
    """Publish each entry of the journal, and each change of a push, from now on."""

    def tell_push(record: PushRecord) -> None:
        data = {"id": record.id, "user_id": record.user_id, "change": record.outcome}
        events.publish("push", data)

    journal.watch(partial(events.publish, "request"))
    pushes.watch(tell_push)


def publish_sockets_and_modules(
    events: EventStream, registry: SessionRegistry, runtime: Runtime
) -> None:
    """Publish each socket that opens or closes, and each load of server modules, from now on."""

    def tell_socket(change: str, session: SocketSession) -> None:
        data = {"session_id": session.id, "user_id": session.user_id, "change": change}
        events.publish("socket", data)

    def tell_modules(state: LoadState) -> None:
        events.publish("modules", {"loads": state.loads, "error": state.error})

    registry.added.connect(partial(tell_socket, "opened"))
    registry.removed.connect(partial(tell_socket, "closed"))
    runtime.loaded.connect(tell_modules)
