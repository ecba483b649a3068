"""The realtime envelope, `{"cid": "…", "<member>": {…}}`, and the requests that wait for one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from nakama_client import errors
from nakama_client.protocol.codec import DECODE_ERRORS, decode, decode_items, decoder_of, encode
from nakama_client.redaction import excerpt, hide_tokens

T = TypeVar("T")
W = TypeVar("W")

EnvelopeMembers = dict[str, msgspec.Raw]

_MEMBERS = msgspec.json.Decoder(EnvelopeMembers)

_LONE_MEMBERS: dict[str, LoneMember] = {}

_REFUSALS: dict[int, type[errors.RequestRefused]] = {
    3: errors.BadInput,
    6: errors.RpcNotFound,
    7: errors.RpcError,
}


class LoneMember(msgspec.Struct, frozen=True):
    """Reads the frames that have one member, which is how nearly each event comes.

    Attributes:
        beginning: How they begin.
        decoder: Gives the member as `body`; what is unusual in a frame is one of DECODE_ERRORS.
    """

    beginning: bytes
    decoder: msgspec.json.Decoder[Any]


class Event(msgspec.Struct, Generic[T], frozen=True):
    """A kind of envelope that the server sends by itself.

    Attributes:
        member: The envelope's member.
        model: What its JSON is.
        events_in: Gives the events in that, one for each call of a handler.
        has_items: Whether they are the items of a list, where one that can't be read keeps none of
            the others back.
    """

    member: str
    model: type[Any]
    events_in: Callable[[Any], Sequence[T]]
    has_items: bool = False

    def read(self, raw: msgspec.Raw) -> tuple[Sequence[T], tuple[errors.UnreadableItem, ...]]:
        """Read the member: the events, and what can't be read.

        Raises:
            DECODE_ERRORS: It is not JSON, or has another shape.
        """
        if not self.has_items:
            return self.events_in(decode(raw, self.model)), ()
        found = decode_items(raw, self.model)
        return self.events_in(found.value), found.unreadable

    @property
    def lone(self) -> LoneMember:
        """Reads the frames that have this member alone."""
        found = _LONE_MEMBERS.get(self.member)
        if found is None:
            frame = msgspec.defstruct(
                self.member,
                [("body", self.model)],
                rename={"body": self.member},
                forbid_unknown_fields=True,
            )
            found = LoneMember(beginning_of(self.member), decoder_of(frame))
            _LONE_MEMBERS[self.member] = found
        return found


def single(member: str, model: type[T]) -> Event[T]:
    """The usual kind of event: one envelope is one event."""
    return Event(member, model, lambda found: (found,))


def beginning_of(member: str) -> bytes:
    """How a frame begins that has this member first, as Nakama writes it."""
    return f'{{"{member}":'.encode(errors="replace")


class _RefusedRequest(msgspec.Struct):
    code: int = 0
    message: str = ""


class Envelope(msgspec.Struct):
    """What the server sent, without the cid.

    Attributes:
        members: The members, still in JSON.
        request: The request that this answers, such as `channel_join`; "" for none.
    """

    members: EnvelopeMembers
    request: str = ""

    def decode(self, member: str, model: type[T]) -> T:
        """Read the member that answers a request.

        Raises:
            MalformedFrame: The answer is something else.
        """
        raw = self.members.get(member)
        if raw is None:
            names = hide_tokens(", ".join(self.members)[:4096])[:200]
            raise self._of_request(errors.MalformedFrame(f"the answer holds no {member}", names))
        try:
            return decode(raw, model)
        except DECODE_ERRORS as error:
            problem = str(error)
        raise self._of_request(malformed(problem, raw))

    def _of_request(self, error: errors.MalformedFrame) -> errors.MalformedFrame:
        if self.request:
            error._note_call("socket", self.request, 1)
        return error

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
            refusal = decode(raw, _RefusedRequest)
        except DECODE_ERRORS as error:
            problem = str(error)
        else:
            kind = _REFUSALS.get(refusal.code, errors.RequestRefused)
            raise kind(refusal.code, hide_tokens(refusal.message))
        raise malformed(problem, raw)


def read(frame: bytes) -> tuple[str, EnvelopeMembers]:
    """Read a frame: the cid, "" when the server sends it by itself, and the other members.

    Raises:
        MalformedFrame: It is no envelope.
    """
    try:
        members = _MEMBERS.decode(frame)
        cid = members.pop("cid", None)
        return "" if cid is None else decode(cid, str), members
    except DECODE_ERRORS as error:
        problem = str(error)
    raise malformed(problem, frame)


def malformed(problem: str, data: bytes | msgspec.Raw) -> errors.MalformedFrame:
    """The error for what can't be read; what looks like a token is taken out."""
    return errors.MalformedFrame(hide_tokens(problem), excerpt(bytes(data)))


def write(cid: str, member: str, body: dict[str, Any], *, limit: int) -> bytes:
    """Write a request; without a cid, the server answers it with nothing.

    Raises:
        ArgumentError: The body can't be written as JSON.
        MessageTooLarge: The server would close the socket instead of reading it.
    """
    frame = encode({"cid": cid, member: body} if cid else {member: body})
    if len(frame) > limit:
        raise errors.MessageTooLarge(len(frame), limit)
    return frame


class PendingRequests(Generic[W]):
    """The waiters for answers, by cid."""

    def __init__(self) -> None:
        self._waiters: dict[str, W] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._waiters)

    def add(self, waiter: W) -> str:
        """Add a waiter; returns a cid that no request had before."""
        self._count += 1
        cid = str(self._count)
        self._waiters[cid] = waiter
        return cid

    def take(self, cid: str) -> W | None:
        """The waiter for this answer; None when it gave up, or the cid is unknown."""
        return self._waiters.pop(cid, None)

    def waiters(self) -> list[W]:
        """All waiters, in the order in which they came."""
        return list(self._waiters.values())

    def take_all(self) -> list[W]:
        """All waiters; none is left."""
        waiters = list(self._waiters.values())
        self._waiters.clear()
        return waiters
