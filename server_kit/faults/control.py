"""`/_control/faults`: the rules as JSON, for harnesses in another process or language."""

from __future__ import annotations

import inspect
from types import UnionType
from typing import Any

from aiohttp import web
from attrs import frozen

from server_kit.bodies import read_body, read_object, refusal
from server_kit.faults.fault import Fault, FaultKind, maker, parameters
from server_kit.faults.rules import FaultRule, Faults

_SELECTORS = ("route", "user", "after", "times", "probability")
_TYPES: dict[str, type | UnionType] = {
    "seconds": int | float,
    "jitter": int | float,
    "bytes_per_second": int | float,
    "code": int,
    "headers": dict,
    "body": str | dict,
    "reason": str,
    "size": int,
    "behind": int,
    "route": str | None,
    "user": str | None,
    "after": int,
    "times": int | None,
    "probability": int | float,
}


class FaultRoutes:
    """Serves the rules of one server.

    A rule is a JSON object: `fault` is the fault's name, beside it are its arguments and those of
    `Faults.add`, as `{"fault": "status", "code": 503, "route": "/v2/notification", "times": 2}`.

    Args:
        faults: The rules.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def add_to(self, app: web.Application) -> None:
        """Serve from this application."""
        app.router.add_get("/_control/faults", self._list)
        app.router.add_post("/_control/faults", self._add)
        app.router.add_delete("/_control/faults", self._clear)
        app.router.add_post("/_control/faults/seed", self._seed)
        app.router.add_delete("/_control/faults/{id}", self._remove)

    async def _list(self, request: web.Request) -> web.Response:
        return web.json_response({"faults": [_document(rule) for rule in self._faults]})

    async def _add(self, request: web.Request) -> web.Response:
        try:
            fault, selectors = _parse(await read_object(request))
            rule = self._faults.add(fault, **selectors)
        except (TypeError, ValueError) as error:
            raise refusal(str(error)) from None
        return web.json_response(_document(rule))

    async def _clear(self, request: web.Request) -> web.Response:
        self._faults.clear()
        return web.json_response({})

    async def _seed(self, request: web.Request) -> web.Response:
        self._faults.seed((await read_body(request, _Seed)).seed)
        return web.json_response({})

    async def _remove(self, request: web.Request) -> web.Response:
        wanted = request.match_info["id"]
        for rule in self._faults:
            if str(rule.id) == wanted:
                rule.remove()
                return web.json_response({})
        known = ", ".join(str(rule.id) for rule in self._faults) or "none"
        error = f"no fault has the id {wanted}; there are: {known}"
        return web.json_response({"error": error}, status=404)


@frozen
class _Seed:
    seed: int


def _parse(document: dict[str, Any]) -> tuple[Fault, dict[str, Any]]:
    """A fault and its selectors.

    Raises:
        ValueError: A member is unknown, missing or out of its range.
        TypeError: A member has the wrong type.
    """
    name = document.pop("fault", None)
    if name not in tuple(FaultKind):
        raise ValueError(f"`fault` is one of {', '.join(FaultKind)}; got {name!r}")
    kind = FaultKind(name)
    known = parameters(kind)
    unknown = document.keys() - known.keys() - set(_SELECTORS)
    if unknown:
        members = ", ".join((*known, *_SELECTORS))
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; {kind} takes {members}")
    missing = [
        name
        for name, parameter in known.items()
        if parameter.default is inspect.Parameter.empty and name not in document
    ]
    if missing:
        raise ValueError(f"{kind} needs {', '.join(missing)}")
    for name, value in document.items():
        if isinstance(value, bool) or not isinstance(value, _TYPES[name]):
            raise TypeError(f"`{name}` cannot be {value!r}")
    selectors = {name: document.pop(name) for name in _SELECTORS if name in document}
    return maker(kind)(**document), selectors


def _document(rule: FaultRule) -> dict[str, Any]:
    selectors = {name: getattr(rule, name) for name in _SELECTORS}
    return {
        "id": rule.id,
        "fault": rule.fault.kind,
        **rule.fault.arguments(),
        **selectors,
        "calls": rule.calls,
        "hits": rule.hits,
    }
