"""Remote procedure calls: https://heroiclabs.com/docs/nakama/server-framework/introduction/."""
# ruff: noqa: A002 - the arguments have Nakama's own names

from __future__ import annotations

from typing import Any

import msgspec
from attrs import frozen

from nakama_client.errors import InvalidJson
from nakama_client.features.base import ClientFeature, SocketFeature
from nakama_client.protocol.codec import DECODE_ERRORS, encode, encode_payload
from nakama_client.protocol.requests import Request, segment
from nakama_client.protocol.rules import check_present, check_timeout, check_type
from nakama_client.session import Session

Payload = str | dict[str, Any] | list[Any]


@frozen
class RpcReply:
    """The answer of an RPC function.

    Attributes:
        payload: The text; "" when the function returned nothing.
    """

    payload: str = ""

    def json(self) -> Any:
        """The payload read as JSON; None when it is empty.

        Raises:
            InvalidJson: The payload is another kind of text.
        """
        if not self.payload:
            return None
        try:
            return msgspec.json.decode(self.payload)
        except DECODE_ERRORS as error:
            problem = f"not JSON ({error})"
        raise InvalidJson(self.payload, problem)


def text_of(payload: Payload) -> str:
    """The text of a payload: a str as it is, a dict or list as JSON, once."""
    if isinstance(payload, str):
        return payload
    check_type("the payload", payload, str, dict, list)
    return encode_payload(payload)


class RpcApi(ClientFeature):
    """Functions of the server's runtime, over HTTP."""

    async def rpc(
        self,
        session: Session,
        id: str,
        payload: Payload | None = None,
        *,
        timeout: float | None = None,
        idempotent: bool = False,
    ) -> RpcReply:
        """Call a function as a player.

        Args:
            session: The calling player's session.
            id: The function's id; case does not matter.
            payload: A str is sent as it is, a dict or list as JSON, None sends no payload. What
                JSON has not (bytes, sets, NaN, keys that are no text) is refused, wherever it is.
            timeout: Seconds for this call with all its attempts; None for the client's
                `Timeouts.request` and `RetryPolicy.deadline`.
            idempotent: Whether calling the function twice has the effect of once; then the call is
                repeated after a lost answer.

        Raises:
            ArgumentError: The id is empty, or the payload can't be written as JSON.
            NotFound: There is no such function.
            ApiError: The function failed; code and message are the function's.
        """
        request = _request(id, payload, timeout, idempotent=idempotent)
        return await self._api.call(session, request, RpcReply)

    async def rpc_http_key(
        self,
        id: str,
        payload: Payload | None = None,
        *,
        timeout: float | None = None,
        idempotent: bool = False,
    ) -> RpcReply:
        """Call a function from server to server, with the client's HTTP key and without a player.

        Args:
            id: As in `rpc`.
            payload: As in `rpc`.
            timeout: As in `rpc`.
            idempotent: As in `rpc`.

        Raises:
            ArgumentError: As in `rpc`; also when the client was made without `http_key`.
            Unauthenticated: The HTTP key is wrong.
            ApiError: As in `rpc`.
        """
        request = _request(id, payload, timeout, idempotent=idempotent)
        return await self._api.call("http_key", request, RpcReply)


class RealtimeRpc(SocketFeature):
    """Functions of the server's runtime, over the socket."""

    async def rpc(
        self, id: str, payload: Payload | None = None, *, timeout: float | None = None
    ) -> RpcReply:
        """Call a function over the socket.

        The server works on one request of a socket at a time; a function that takes seconds is
        better called over HTTP.

        Args:
            id: The function's id; case does not matter.
            payload: A str is sent as it is, a dict or list as JSON, None sends no payload.
            timeout: Seconds for this call; None for the client's `Timeouts.reply`.

        Raises:
            ArgumentError: The id is empty, or the payload can't be written as JSON.
            MessageTooLarge: The server would close the socket instead of reading it.
            RpcNotFound: There is no such function.
            RpcError: The function failed; the message is the function's.
            NotConnected: The socket is not open.
            ConnectionLost: The socket closed before the answer.
            TimeoutExceeded: There was no answer in time.
        """
        body = {"id": check_present("the RPC id", id)}
        if payload is not None:
            body["payload"] = text_of(payload)
        envelope = await self._connection.request("rpc", body, timeout=check_timeout(timeout))
        return envelope.decode("rpc", RpcReply)


def _request(
    id: str, payload: Payload | None, timeout: float | None, *, idempotent: bool
) -> Request:
    check_type("idempotent", idempotent, bool)
    path = f"/v2/rpc/{segment(check_present('the RPC id', id))}"
    body = b"" if payload is None else encode(text_of(payload))
    return Request(
        "POST", path, body=body, timeout=check_timeout(timeout), is_idempotent=idempotent
    )
