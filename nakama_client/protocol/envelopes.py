"""The realtime envelope: `{"cid": "…", "<member>": {…}}`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

import msgspec
from attrs import define, frozen

from nakama_client import errors
from nakama_client.protocol.codec import DECODE_ERRORS, decode, encode, excerpt

T = TypeVar("T")

_ENVELOPE = msgspec.json.Decoder(dict[str, msgspec.Raw])

_REFUSALS: dict[int, type[errors.RequestRefused]] = {6: errors.RpcNotFound, 7: errors.RpcError}


@frozen
class Event(Generic[T]):
    """A kind of envelope that the server sends by itself.

    Attributes:
        member: The envelope's member.
        read: Turns the member's JSON into the events in it, one for each call of a handler.
    """

    member: str
    read: Callable[[msgspec.Raw], Iterable[T]]


def single(member: str, model: type[T]) -> Event[T]:
    """The usual kind of event: one envelope is one event."""
    return Event(member, lambda raw: (decode(raw, model),))


@frozen
class _Refusal:
    code: int = 0
    message: str = ""


@define
class Envelope:
    """A frame from the server.

    Attributes:
        cid: Which request it answers; "" when the server sends it by itself.
        members: The members, still in JSON.
    """

    cid: str
    members: dict[str, msgspec.Raw]

    def decode(self, member: str, model: type[T]) -> T:
        """Read the member that answers a request.

        Raises:
            MalformedFrame: The answer is something else.
        """
        raw = self.members.get(member)
        if raw is None:
            names = ", ".join(self.members)[:200]
            raise errors.MalformedFrame(f"the answer holds no {member}", names)
        try:
            return decode(raw, model)
        except DECODE_ERRORS as error:
            raise errors.MalformedFrame(str(error), excerpt(bytes(raw))) from error

    def check(self) -> None:
        """Accept any answer but an error.

        Raises:
            RequestRefused: The answer is an error.
            MalformedFrame: The error can't be read.
        """
        raw = self.members.get("error")
        if raw is None:
            return
        try:
            refusal = decode(raw, _Refusal)
        except DECODE_ERRORS as error:
            raise errors.MalformedFrame(str(error), excerpt(bytes(raw))) from error
        kind = _REFUSALS.get(refusal.code, errors.RequestRefused)
        raise kind(refusal.code, refusal.message)


def read(frame: bytes) -> Envelope:
    """Read a frame.

    Raises:
        MalformedFrame: It is no envelope.
    """
    try:
        members = _ENVELOPE.decode(frame)
        cid = members.pop("cid", None)
        return Envelope("" if cid is None else decode(cid, str), members)
    except DECODE_ERRORS as error:
        raise errors.MalformedFrame(str(error), excerpt(frame)) from error


def write(cid: str, member: str, body: dict[str, Any], *, limit: int) -> bytes:
    """Write a request.

    Raises:
        ArgumentError: The body can't be written as JSON.
        MessageTooLarge: The server would close the socket instead of reading it.
    """
    frame = encode({"cid": cid, member: body})
    if len(frame) > limit:
        raise errors.MessageTooLarge(len(frame), limit)
    return frame
