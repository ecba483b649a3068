"""Envelopes of tapes as frames: JSON text, or binary protobuf by Google's library."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

from tests.mock_server.wire import oracle
from tests.tapes.connection import Received
from tests.tapes.matching import Mismatch

_MAPS = {"context", "metadata", "string_properties", "numeric_properties"}


def encode(envelope: dict[str, Any], *, binary: bool) -> str | bytes:
    """The frame of an envelope in JSON form."""
    if binary:
        return oracle.serialize("realtime", "Envelope", envelope)
    return json.dumps(envelope, separators=(",", ":"))


def decode(frame: Received, *, binary: bool) -> Any:
    """The JSON form of a frame.

    Raises:
        Mismatch: The frame is not of that form.
    """
    kind = "binary" if binary else "text"
    if frame.kind != kind:
        raise Mismatch(f"expected a {kind} frame, got {frame}")
    if not binary:
        return json.loads(frame.text)
    document = oracle.parse("realtime", "Envelope", frame.data)
    if document is None:
        raise Mismatch(f"expected an envelope, got {frame.data.hex()}")
    return _plain(document)


def decode_texts(document: Any, paths: Iterable[str]) -> Any:
    """Replace base64 by the text it holds, at the paths where a tape has the text."""
    for path in paths:
        *outer, last = path.split(".")
        place = document
        for name in outer:
            place = place.get(name, {})
        if last in place:
            place[last] = base64.b64decode(place[last], validate=True).decode()
    return document


def _plain(value: Any, name: str = "") -> Any:
    """The value as Nakama's JSON has it: keys of maps sorted, whole doubles as integers."""
    if isinstance(value, dict):
        items = sorted(value.items()) if name in _MAPS else value.items()
        return {key: _plain(item, key) for key, item in items}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
