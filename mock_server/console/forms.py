"""Messages as the console API writes and reads them: all fields, with snake_case names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from mock_server.wire.errors import DecodeError, GrpcCode, GrpcError
from mock_server.wire.messages import api_message
from mock_server.wire.protojson import decode_body
from mock_server.wire.query import check_utf8, decode_query, parse_pairs
from mock_server.wire.schema import Enum, ListOf, MapOf, Message, Scalar
from mock_server.wire.timestamps import parse_timestamp, split_timestamp
from mock_server.wire.uuids import parse_uuid


def full(message: Message | str, document: Mapping[str, Any]) -> dict[str, Any]:
    """All fields of a message.

    Args:
        message: The message, or the name of one of the client API.
        document: Its JSON without what is not set, by the fields' own names.
    """
    known = api_message(message) if isinstance(message, str) else message
    return {name: _full(field.kind, document.get(name)) for name, field in known.fields.items()}


def _full(kind: Any, value: Any) -> Any:
    if isinstance(kind, Message):
        return None if value is None else full(kind, value)
    if isinstance(kind, ListOf):
        return [_full(kind.item, item) for item in value or ()]
    if isinstance(kind, MapOf):
        return dict(value or {})
    if isinstance(kind, Enum):
        return value or 0
    if isinstance(kind, Scalar):
        value = kind.default if value is None else value
        return str(value) if kind.name in ("int64", "uint64") else value
    return value


def query_of(request: web.Request, message: Message) -> dict[str, Any]:
    """The fields of a request's query.

    Raises:
        GrpcError: A value cannot be read.
    """
    try:
        given = decode_query(message, parse_pairs(request.rel_url.raw_query_string))
    except DecodeError as error:
        raise invalid(str(error)) from None
    check_utf8(given)
    return message.defaults() | given


async def body_of(request: web.Request, message: Message) -> dict[str, Any]:
    """The fields of a request's body.

    Raises:
        GrpcError: It cannot be read.
    """
    try:
        return decode_body(message, await request.read())
    except DecodeError as error:
        raise invalid(str(error)) from None


def time_of(text: str, field: str) -> int:
    """A time in a query, in microseconds.

    Args:
        text: What was given, in the form of RFC 3339.
        field: The field's name, for the error.

    Raises:
        GrpcError: It is no time.
    """
    try:
        seconds, nanos = split_timestamp(parse_timestamp(text))
    except (DecodeError, ValueError):
        raise invalid(
            f'parsing field "{field}": parsing time "{text}" as '
            f'"2006-01-02T15:04:05.999999999Z07:00": cannot parse "{text}" as "2006"'
        ) from None
    return seconds * 1_000_000 + nanos // 1000


def uuid_of(request: web.Request, name: str, refusal: str) -> str:
    """A uuid in a request's path, in its canonical form.

    Raises:
        GrpcError: It is none; the message is `refusal`.
    """
    value = parse_uuid(request.match_info[name])
    if value is None:
        raise invalid(refusal)
    return value


def user_of(request: web.Request) -> str:
    """The user id in a request's path.

    Raises:
        GrpcError: It is none.
    """
    return uuid_of(request, "id", "Requires a valid user ID.")


def invalid(message: str) -> GrpcError:
    """An INVALID_ARGUMENT error, to be raised."""
    return GrpcError(GrpcCode.INVALID_ARGUMENT, message)


def internal(message: str) -> GrpcError:
    """An INTERNAL error, to be raised."""
    return GrpcError(GrpcCode.INTERNAL, message)


def not_found(message: str) -> GrpcError:
    """A NOT_FOUND error, to be raised."""
    return GrpcError(GrpcCode.NOT_FOUND, message)


def unknown(message: str) -> GrpcError:
    """An UNKNOWN error, to be raised: what Nakama hands on as it is."""
    return GrpcError(GrpcCode.UNKNOWN, message)
