"""Registration for push messages: https://heroiclabs.com/docs/nakama/.

The server has two RPC functions for it, `register_push` and `unregister_push`, which the game's
developers write; the mock server brings some.
"""

from __future__ import annotations

from attrs import frozen

from nakama_client.errors import ArgumentError
from nakama_client.features.base import ClientFeature, SocketFeature
from nakama_client.features.rpc import RpcReply
from nakama_client.protocol.codec import DECODE_ERRORS, decode, encode
from nakama_client.protocol.requests import Request
from nakama_client.protocol.rules import check_count, check_present, check_timeout, check_type
from nakama_client.push.device import PushDevice
from nakama_client.session import Session

_REGISTER = "register_push"
_UNREGISTER = "unregister_push"


@frozen
class PushRegistration:
    """The answer of `register_push`.

    Attributes:
        player_id: OneSignal's id of the device; "" when the function does not return it.
        payload: The text that the function returned.
    """

    player_id: str = ""
    payload: str = ""


@frozen
class _RegisteredPlayer:
    os_player_id: str = ""


class PushApi(ClientFeature):
    """Registering devices for push messages, over HTTP."""

    async def register_push(
        self,
        session: Session,
        device: PushDevice | None = None,
        *,
        device_type: int | None = None,
        identifier: str | None = None,
        timeout: float | None = None,
    ) -> PushRegistration:
        """Register a device of the player for push messages, through the RPC `register_push`.

        Args:
            session: The player's session.
            device: The device; or give the next two in its place.
            device_type: The push provider's number for it, see `DeviceType`.
            identifier: The platform's token of the device, from FCM or APNs.
            timeout: Seconds for this call; None for the client's `Timeouts.request`.

        Returns:
            The function's answer; the function of Nakama's tutorial returns nothing.

        Raises:
            ArgumentError: The identifier is empty, the device type negative, or the device has no
                push token.
            NotFound: The server has no such function.
            InvalidArgument: The function does not know this device type.
            ApiError: The function failed.
        """
        payload = _payload(device, device_type, identifier)
        request = _request(_REGISTER, payload, timeout)
        return _registration(await self._api.call(session, request, RpcReply))

    async def unregister_push(
        self,
        session: Session,
        device: PushDevice | None = None,
        *,
        device_type: int | None = None,
        identifier: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Unregister a device of the player, at a logout, through the RPC `unregister_push`.

        Args:
            session: The player's session.
            device: As in `register_push`.
            device_type: As in `register_push`.
            identifier: As in `register_push`.
            timeout: As in `register_push`.

        Raises:
            ArgumentError: As in `register_push`.
            NotFound: The server has no such function.
            ApiError: The function failed.
        """
        payload = _payload(device, device_type, identifier)
        await self._api.call(session, _request(_UNREGISTER, payload, timeout), RpcReply)


class RealtimePush(SocketFeature):
    """Registering devices for push messages, over the socket."""

    async def register_push(
        self,
        device: PushDevice | None = None,
        *,
        device_type: int | None = None,
        identifier: str | None = None,
        timeout: float | None = None,
    ) -> PushRegistration:
        """Register a device of the socket's player, as `Client.register_push` does.

        Args:
            device: The device; or give the next two in its place.
            device_type: The push provider's number for it, see `DeviceType`.
            identifier: The platform's token of the device, from FCM or APNs.
            timeout: Seconds for this call; None for the client's `Timeouts.reply`.

        Raises:
            ArgumentError: As in `Client.register_push`.
            RpcNotFound: The server has no such function.
            RpcError: The function failed, or does not know this device type.
            NotConnected: The socket is not open.
            ConnectionLost: The socket closed before the answer.
            TimeoutExceeded: There was no answer in time.
        """
        body = {"id": _REGISTER, "payload": _payload(device, device_type, identifier)}
        envelope = await self._connection.request("rpc", body, timeout=check_timeout(timeout))
        return _registration(envelope.decode("rpc", RpcReply))


def _payload(device: PushDevice | None, device_type: int | None, identifier: str | None) -> str:
    if device is not None:
        check_type("device", device, PushDevice)
        if device_type is not None or identifier is not None:
            raise ArgumentError("give a device, or device_type and identifier, not both")
        device_type, identifier = device.device_type, device.info.one_signal_push_token
        if not identifier:
            raise ArgumentError("this device has no push token: register it first, with consent")
    if check_count("device_type", device_type, least=-(1 << 63)) < 0:
        raise ArgumentError(f"device_type must not be negative, it is {device_type}")
    names = {
        "DeviceType": device_type,
        "Identifier": check_present("identifier", "" if identifier is None else identifier),
    }
    return encode(names).decode()


def _request(rpc_id: str, payload: str, timeout: float | None) -> Request:
    return Request(
        "POST", f"/v2/rpc/{rpc_id}", body=encode(payload), timeout=check_timeout(timeout)
    )


def _registration(reply: RpcReply) -> PushRegistration:
    """A game's function may answer anything; the mock's returns the player id."""
    try:
        answer = decode(reply.payload.encode(), _RegisteredPlayer)
    except DECODE_ERRORS:
        answer = _RegisteredPlayer()
    return PushRegistration(answer.os_player_id, reply.payload)
