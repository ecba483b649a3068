"""Registration for push messages: https://heroiclabs.com/docs/nakama/.

The server needs an RPC function `register_push`, which hands the device to the push provider.
"""

from __future__ import annotations

from nakama_client.errors import ArgumentError
from nakama_client.features.base import ClientFeature
from nakama_client.features.rpc import RpcReply
from nakama_client.protocol.codec import encode
from nakama_client.protocol.requests import Request
from nakama_client.protocol.rules import check_present
from nakama_client.session import Session


class Push(ClientFeature):
    """Registering devices for push messages."""

    async def register_push(
        self, session: Session, *, device_type: int, identifier: str
    ) -> RpcReply:
        """Register a device of the player for push messages, through the RPC `register_push`.

        Args:
            session: Whose device.
            device_type: The push provider's number; OneSignal's 0 is iOS, 1 Android, 2 Amazon.
            identifier: What the device's platform calls it, such as an FCM or APNs token.

        Returns:
            What the function returned; the usual one returns nothing.

        Raises:
            ArgumentError: The identifier is empty, or the device type negative.
            NotFound: The server has no such function.
            ApiError: The function failed.
        """
        check_present("identifier", identifier)
        if device_type < 0:
            raise ArgumentError(f"device_type must not be negative, it is {device_type}")
        payload = encode({"DeviceType": device_type, "Identifier": identifier}).decode()
        request = Request("POST", "/v2/rpc/register_push", body=encode(payload))
        return await self._calls.as_user(session, request, RpcReply)
