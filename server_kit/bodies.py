"""The JSON bodies of the servers' own `/_control` requests."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import attrs
import msgspec
from aiohttp import web

T = TypeVar("T")


async def read_object(request: web.Request) -> dict[str, Any]:
    """The JSON object of a request's body; no body is an empty one.

    Raises:
        web.HTTPBadRequest: The body is something else.
    """
    raw = await request.read()
    try:
        return msgspec.json.decode(raw or b"{}", type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise refusal(f"the body is no JSON object: {error}") from None


async def read_body(request: web.Request, kind: type[T]) -> T:
    """The JSON object of a request's body as a value of an attrs class.

    Raises:
        web.HTTPBadRequest: A member is unknown, missing or of another type; the answer says which.
    """
    given = await read_object(request)
    known = [field.name for field in attrs.fields(kind)]  # type: ignore[arg-type]
    unknown = sorted(given.keys() - set(known))
    if unknown:
        raise refusal(f"unknown: {', '.join(unknown)}; expected {', '.join(known)}")
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise refusal(str(error)) from None


def refusal(message: str) -> web.HTTPBadRequest:
    """A 400 that says what was wrong, to be raised."""
    return web.HTTPBadRequest(text=json.dumps({"error": message}), content_type="application/json")
