"""The forms that a socket's frames have: JSON text, or binary protobuf (`format=protobuf`)."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any, Protocol

from aiohttp import WSMsgType

from mock_server.wire import protobuf, protojson
from mock_server.wire.errors import DecodeError, InvalidUtf8
from mock_server.wire.messages import envelope

_log = logging.getLogger("mock_server.socket")

Frame = str | bytes


class Format(Protocol):
    """How envelopes become frames, and frames envelopes.

    Attributes:
        frame_type: The frames of this form; others end the socket.
    """

    frame_type: WSMsgType

    def encode(self, document: Mapping[str, Any]) -> Frame:
        """Write an envelope.

        Raises:
            InvalidUtf8: A text is none, and this form cannot hold it.
            EncodeError: It is no envelope.
        """

    def decode(self, data: bytes) -> dict[str, Any]:
        """Read an envelope; return all fields, those that are not set as None.

        Raises:
            DecodeError: The data is no envelope.
        """

    def member(self, data: bytes) -> str:
        """What kind of envelope a frame holds, as `rpc`; "" for a bare cid or no envelope."""

    def text(self, data: bytes) -> str:
        """A frame for people to read."""


class _Json:
    frame_type = WSMsgType.TEXT

    def encode(self, document: Mapping[str, Any]) -> Frame:
        return protojson.encode(envelope(), document)

    def decode(self, data: bytes) -> dict[str, Any]:
        return protojson.decode_frame(envelope(), self.text(data))

    def member(self, data: bytes) -> str:
        try:
            document = json.loads(data)
        except (ValueError, RecursionError):
            return ""
        return member_of(document) if isinstance(document, dict) else ""

    def text(self, data: bytes) -> str:
        return data.decode(errors="surrogateescape")  # no JSON has surrogates


class _Protobuf:
    frame_type = WSMsgType.BINARY

    def encode(self, document: Mapping[str, Any]) -> Frame:
        return protobuf.encode(envelope(), document)

    def decode(self, data: bytes) -> dict[str, Any]:
        return protobuf.decode(envelope(), data)

    def member(self, data: bytes) -> str:
        try:
            return member_of(self.decode(data))
        except DecodeError:
            return ""

    def text(self, data: bytes) -> str:
        """The same envelope as JSON, or the bytes as hexadecimal digits where they are none."""
        try:
            return protojson.encode(envelope(), self.decode(data))
        except DecodeError:
            return data.hex(" ")


JSON: Format = _Json()
PROTOBUF: Format = _Protobuf()
FORMATS: Mapping[str, Format] = {"": JSON, "json": JSON, "protobuf": PROTOBUF}
"""The formats by the `format` of the handshake."""


class OutgoingEnvelope:
    """An envelope on its way to any number of sockets, encoded once for each format.

    Attributes:
        member: What kind of envelope it is, as `rpc`; "" for a bare cid.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.member = member_of(document)
        self._document = document
        self._frames: dict[Format, Frame | None] = {}

    def frame(self, format_: Format) -> Frame | None:
        """Its frame; None if it cannot hold a text, which is logged as in Nakama.

        Raises:
            EncodeError: A handler made no envelope.
        """
        if format_ not in self._frames:
            try:
                self._frames[format_] = format_.encode(self._document)
            except InvalidUtf8 as error:
                _log.error("an envelope was not sent: %s: %s", self.member, error)
                self._frames[format_] = None
        return self._frames[format_]


def member_of(document: Mapping[str, Any]) -> str:
    """The member of an envelope that is set, or ""."""
    return next(
        (name for name, value in document.items() if name != "cid" and value is not None), ""
    )
