"""What the fault rules of the mock may name."""

from __future__ import annotations

from mock_server.config import PushConfig
from mock_server.http.operations import OPERATIONS
from mock_server.wire.messages import CLIENT_MEMBERS, envelope
from mock_server.wire.uuids import parse_uuid
from server_kit.faults import FaultTargets

_BESIDE = ("GET /", "GET /ws", "GET /v2/rpc/{id}", "POST /v2/rpc/{id}")


def fault_targets(push: PushConfig) -> FaultTargets:
    """Every request of the client API and every frame of its sockets."""
    operations = (line.rpartition(" ")[0] for line in OPERATIONS.strip().splitlines())
    own = [f"POST {push.registration_path}"] if push.registration_path else []
    return FaultTargets(
        requests=frozenset({*operations, *_BESIDE, *own}),
        received=CLIENT_MEMBERS,
        sent=envelope().fields.keys() - {"cid"},
        is_user_id=lambda user: parse_uuid(user) is not None,
    )
