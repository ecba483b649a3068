"""What a server module is told of the call it serves."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen


@frozen
class Context:
    """The runtime context; absent keys of Nakama's context table are None.

    Attributes:
        execution_mode: `rpc`, `run_once`, `before`, `after`, `event`.
        node: The server's name.
        env: The `runtime.env` of the server.
        headers: The request's headers, as lists; empty on a socket.
        query_params: Its query parameters, as lists, without the http key.
        user_id: Who calls; None with the http key.
        username: His name, as his token says.
        vars: The session variables of his token.
        user_session_exp: When his token ends, in seconds since the epoch.
        session_id: The socket's session; None over HTTP.
        client_ip: Where the call came from.
        client_port: The same, its port.
        lang: The socket's language; None over HTTP.
    """

    execution_mode: str = "rpc"
    node: str = "nakama"
    version: str = "3.40.0"
    env: Mapping[str, str] = field(factory=dict)
    headers: Mapping[str, list[str]] = field(factory=dict, repr=False)
    query_params: Mapping[str, list[str]] = field(factory=dict, repr=False)
    user_id: str | None = None
    username: str | None = None
    vars: Mapping[str, str] | None = None
    user_session_exp: int | None = None
    session_id: str | None = None
    client_ip: str | None = None
    client_port: str | None = None
    lang: str | None = None
