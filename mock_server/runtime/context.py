"""The context of a call, for server modules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import attrs
from attrs import define, field, frozen

from mock_server.identity import Identity
from mock_server.realtime.session import SocketSession

_NOT_IN_MATCHES = ("version", "headers", "query_params", "lang", "token_id")


@define(eq=False)
class SharedTable:
    """A table that many calls get, each as one of its own.

    Attributes:
        table: It must not change.
        has_trace_id: Whether each call's has a `trace_id` besides, as where a client calls.
        ready: What the language makes of it for the first call, and uses for all; None until then.
    """

    table: Mapping[str, Any]
    has_trace_id: bool
    ready: Any = None


@frozen
class Context:
    """The runtime context; absent keys of Nakama's context table are None.

    All calls over one socket have the same context.

    Attributes:
        execution_mode: `rpc`, `run_once`, `before`, `after`, `event`.
        node: The server's name.
        version: The version of Nakama that is mocked.
        env: The `runtime.env` of the server.
        headers: The headers of an RPC request, as lists; empty on a socket and for hooks.
        query_params: Its query parameters, as lists, without the http key.
        user_id: Who calls; None with the http key.
        username: Their name, as in the token.
        vars: The session variables of the token.
        token_id: The token's own id, for the mock's functions; no module sees it in Nakama.
        user_session_exp: When the token expires, in seconds since the epoch.
        session_id: The socket's session; None over HTTP.
        client_ip: Where the call came from.
        client_port: The port of that address.
        lang: The socket's language; None over HTTP.
        match_id: The match whose handler is called.
        match_node: The server that runs it.
        match_label: Its label; None in `match_init`.
        match_tick_rate: Its tick rate; None in `match_init`.
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
    match_id: str | None = None
    match_node: str | None = None
    match_label: str | None = None
    match_tick_rate: float | None = None
    token_id: str | None = field(default=None, repr=False)

    @cached_property
    def shared_table(self) -> SharedTable:
        """The context as Lua modules see it, for all calls that have it."""
        return SharedTable(self.table(), has_trace_id=self.client_ip is not None)

    def match_table(self) -> dict[str, Any]:
        """The context as match handlers in Lua see it."""
        shown = attrs.asdict(
            self, filter=lambda attribute, _: attribute.name not in _NOT_IN_MATCHES
        )
        return {name: value for name, value in shown.items() if value is not None}

    def table(self) -> dict[str, Any]:
        """The context as Lua modules see it."""
        table: dict[str, Any] = {
            "env": dict(self.env),
            "execution_mode": self.execution_mode,
            "node": self.node,
            "version": self.version,
            "headers": dict(self.headers),
            "query_params": dict(self.query_params),
        }
        if self.user_id:
            table |= {"user_id": self.user_id, "username": self.username or ""}
            table |= {"vars": self.vars, "user_session_exp": self.user_session_exp or 0}
            if self.session_id:
                table |= {"session_id": self.session_id, "lang": self.lang}
        table |= {"client_ip": self.client_ip, "client_port": self.client_port}
        return {name: value for name, value in table.items() if value is not None}


class Contexts:
    """Makes the contexts of one server's calls.

    Args:
        node: The server's name.
        env: The `runtime.env` settings, given as `NAME=VALUE`.
    """

    def __init__(self, node: str, env: Iterable[str]) -> None:
        self._node = node
        self._env = environment(env)
        self._of_sockets: WeakKeyDictionary[SocketSession, dict[str, Context]] = WeakKeyDictionary()

    def new(self, mode: str, **values: Any) -> Context:
        """The context of a call in some execution mode."""
        return Context(execution_mode=mode, node=self._node, env=self._env, **values)

    def of_request(
        self,
        mode: str,
        identity: Identity,
        *,
        client_ip: str,
        client_port: str,
        headers: Mapping[str, list[str]] | None = None,
        query_params: Mapping[str, list[str]] | None = None,
    ) -> Context:
        """The context of a call that came over HTTP.

        Args:
            mode: The execution mode.
            identity: Who calls; `ANONYMOUS` with a key.
            client_ip: Where the call came from.
            client_port: The port of that address.
            headers: The headers that the function may see.
            query_params: The query parameters that it may see.
        """
        return self.new(
            mode,
            headers=headers or {},
            query_params=query_params or {},
            user_id=identity.user_id or None,
            username=identity.username or None,
            vars=identity.vars or None,
            user_session_exp=identity.expiry or None,
            client_ip=client_ip,
            client_port=client_port,
            token_id=identity.token_id or None,
        )

    def of_applicant(self, session: SocketSession, **values: Any) -> Context:
        """The context of an attempt to join a match: the match's and the session's."""
        return self.new(
            "match",
            user_id=session.user_id,
            username=session.username,
            vars=session.identity.vars or None,
            user_session_exp=session.identity.expiry,
            session_id=session.id,
            client_ip=session.client_ip,
            client_port=session.client_port,
            **values,
        )

    def of_socket(self, session: SocketSession, mode: str = "rpc") -> Context:
        """The context of the calls that come over a socket."""
        known = self._of_sockets.get(session)
        if known is None:
            known = self._of_sockets[session] = {}
        if mode not in known:
            known[mode] = self._new_of_socket(session, mode)
        return known[mode]

    def _new_of_socket(self, session: SocketSession, mode: str) -> Context:
        return self.new(
            mode,
            user_id=session.user_id,
            username=session.username,
            vars=session.identity.vars or None,
            user_session_exp=session.identity.expiry,
            session_id=session.id,
            client_ip=session.client_ip,
            client_port=session.client_port,
            lang=session.lang,
            token_id=session.identity.token_id,
        )


def environment(env: Iterable[str]) -> dict[str, str]:
    """The `runtime.env` settings, given as `NAME=VALUE`."""
    pairs = (setting.partition("=") for setting in env)
    return {name: value for name, _, value in pairs}
