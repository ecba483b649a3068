"""The arguments of a bundle's functions: the runtime context as JavaScript sees it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from attrs import define

from mock_server.runtime.context import Context


@define
class Environment:
    """The variables of `runtime.env`: one map for all contexts, which their code may change.

    Attributes:
        values: The variables.
    """

    values: Mapping[str, Any]


def script_context(context: Context, env: Mapping[str, Any]) -> dict[str, Any]:
    """The runtime context of a call; what is absent is undefined.

    Args:
        context: The call's.
        env: The variables of `runtime.env`.
    """
    mode = context.execution_mode
    table: dict[str, Any] = {
        "env": dict(env),
        "executionMode": mode,
        "node": context.node,
        "version": context.version,
    }
    if context.client_ip:
        table |= {"traceId": str(uuid.uuid4()), "clientIp": context.client_ip}
    is_socket = bool(context.session_id)
    if mode == "rpc" or is_socket:
        table["clientPort"] = context.client_port
    if mode == "rpc" and not is_socket:
        table |= {"headers": context.headers, "queryParams": context.query_params}
    if context.user_id:
        table |= {
            "userId": context.user_id,
            "username": context.username or "",
            "vars": context.vars,
            "userSessionExp": context.user_session_exp or 0,
        }
    if is_socket:
        table |= {"sessionId": context.session_id, "lang": context.lang}
    return {name: value for name, value in table.items() if value is not None}


def match_context(context: Context, env: Mapping[str, Any]) -> dict[str, Any]:
    """The runtime context of a callback of a match.

    Args:
        context: The match's; in `matchJoinAttempt` with the applicant's session.
        env: The variables of `runtime.env`.
    """
    table: dict[str, Any] = {
        "env": dict(env),
        "node": context.node,
        "version": context.version,
        "matchId": context.match_id,
        "matchNode": context.match_node,
        "matchLabel": context.match_label,
        "matchTickRate": context.match_tick_rate,
        "userId": context.user_id,
        "username": context.username,
        "vars": context.vars or None,
        "userSessionExp": context.user_session_exp,
        "sessionId": context.session_id,
        "clientIp": context.client_ip,
        "clientPort": context.client_port,
    }
    return {name: value for name, value in table.items() if value is not None}
