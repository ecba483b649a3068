"""Query parameters as grpc-gateway puts them into a request message."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from mock_server.wire.errors import DecodeError, GrpcCode, GrpcError
from mock_server.wire.schema import FieldType, ListOf, MapOf, Message, Scalar, Wrapper
from mock_server.wire.strconv import (
    has_stray_bytes,
    parse_bool,
    parse_int,
    parse_uint,
    quote,
    without_stray_bytes,
)

_BRACKETED = re.compile(r"(.*)\[(.*)\]")
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2}).{0,2}", re.DOTALL)
_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "string": str,
    "bool": parse_bool,
    "int32": lambda text: parse_int(text, 32),
    "int64": lambda text: parse_int(text, 64),
    "uint32": lambda text: parse_uint(text, 32),
}


def parse_pairs(query: str) -> list[tuple[str, str]]:
    """Split the raw query of a URL into decoded names and values, as Go's `url.ParseQuery`.

    A byte that is no UTF-8 stays in them, as a surrogate escape.

    Raises:
        DecodeError: A percent escape is malformed, or a semicolon separates.
    """
    if ";" in query:
        raise DecodeError("invalid semicolon separator in query")
    return [_pair(part) for part in query.split("&") if part]


def readable_pairs(query: str) -> list[tuple[str, str]]:
    """As `parse_pairs`, but without what is malformed, as Go's `URL.Query`; it is all text."""
    pairs: list[tuple[str, str]] = []
    for part in query.split("&"):
        if part and ";" not in part:
            with contextlib.suppress(DecodeError):
                name, value = _pair(part)
                pairs.append((without_stray_bytes(name), without_stray_bytes(value)))
    return pairs


def decode_query(message: Message, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The fields that were given; names that the message does not have are ignored.

    Args:
        message: The fields that may be set by query parameters.
        pairs: The decoded names and values, in the order of the query.

    Returns:
        The given fields by their snake_case name, to be laid over those of the body.

    Raises:
        DecodeError: A value does not fit its field, or a field was given too often; the text is
            the server's.
    """
    fields: dict[str, Any] = {}
    for path, values in _parameters(pairs):
        name, *inner = path.split(".")
        field = message.by_input_name.get(name)
        if field is None:
            continue
        kind = field.kind
        if isinstance(kind, MapOf | Message):  # maps are in bodies only, messages are the body
            continue
        if inner:
            _set_inside(fields, kind, [field.name, *inner], values)
        elif isinstance(kind, ListOf):
            items = (_parsed(kind.item, value, f"list {quote(field.name)}") for value in values)
            fields.setdefault(field.name, []).extend(items)
        else:
            fields[field.name] = _single(kind, field.name, values)
    return fields


def check_utf8(fields: Mapping[str, Any]) -> None:
    """Refuse texts from a URL that are no UTF-8, as Nakama's gateway cannot pass them on.

    Args:
        fields: What a query or a path set, with a surrogate escape for each byte that is none.

    Raises:
        GrpcError: INTERNAL, in the words of grpc-go.
    """
    for value in fields.values():
        for text in value if isinstance(value, list) else (value,):
            if isinstance(text, str) and has_stray_bytes(text):
                raise GrpcError(
                    GrpcCode.INTERNAL,
                    "grpc: error while marshaling: string field contains invalid UTF-8",
                )


def ignored_names(message: Message, pairs: Iterable[tuple[str, str]]) -> list[str]:
    """The names that `decode_query` does not look at, in order, each once."""
    known = message.by_input_name
    return [path for path, _ in _parameters(pairs) if path.partition(".")[0] not in known]


def _pair(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return _unescape(name), _unescape(value)


def _unescape(text: str) -> str:
    if text.isascii() and text.isalnum():  # as most are
        return text
    if bad := _BAD_ESCAPE.search(text):
        raise DecodeError(f"invalid URL escape {quote(bad[0])}")
    escaped = text.replace("+", " ").encode(errors="surrogateescape")
    return unquote_to_bytes(escaped).decode(errors="surrogateescape")


def _parameters(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Each name with all its values; `name[key]=value` stands for the values key and value."""
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    for name, values in grouped.items():
        if bracketed := _BRACKETED.fullmatch(name):
            yield bracketed[1], [bracketed[2], *values]
        else:
            yield name, values


def _set_inside(
    fields: dict[str, Any], kind: FieldType, path: list[str], values: list[str]
) -> None:
    """Set `limit.value`: a wrapper is a message with one field; whoever names it, sets it."""
    outer, inner, *deeper = path
    if not isinstance(kind, Wrapper):
        raise DecodeError(f"invalid path: {quote(outer)} is not a message")
    fields.setdefault(outer, kind.scalar.default)
    if inner != "value":
        return
    if deeper:
        raise DecodeError(f"invalid path: {quote(inner)} is not a message")
    fields[outer] = _single(kind, inner, values)


def _single(kind: FieldType, field: str, values: list[str]) -> Any:
    if len(values) > 1:
        raise DecodeError(f"too many values for field {quote(field)}: {', '.join(values)}")
    return _parsed(kind, values[0], f"field {quote(field)}")


def _parsed(kind: FieldType, text: str, subject: str) -> Any:
    try:
        if isinstance(kind, Message):
            raise DecodeError(f"unsupported message type: {quote(kind.full_name)}")
        scalar = kind.scalar if isinstance(kind, Wrapper) else kind
        # No query of Nakama's API has fields of another type.
        assert isinstance(scalar, Scalar), f"queries have no {scalar}"
        return _PARSERS[scalar.name](text)
    except DecodeError as error:
        raise DecodeError(f"parsing {subject}: {error}") from None
