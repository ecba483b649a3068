"""`nk.sqlExec` and `nk.sqlQuery`."""

from __future__ import annotations

from typing import Any

from mock_server.runtime.arguments import to_bytes
from mock_server.runtime.js.functions.table import Nk, retold
from mock_server.runtime.js.given import Given, camel
from mock_server.runtime.js.values import UNDEFINED, Date, GoTime, JsOpaque, Revived
from mock_server.sql.columns import decode_time
from mock_server.sql.golang import Foreign
from mock_server.sql.values import Instant, Octets

_EXPORTED = {  # what goja makes of them for Go
    "function": "func(goja.FunctionCall) goja.Value",
    "view": "a typed array",
    "promise": "*goja.Promise",
    "bigint": "*big.Int",
}


def sql_exec(given: Given, nk: Nk) -> Any:
    """`nk.sqlExec(query, parameters?)`."""
    return {"rowsAffected": _run(given, nk, "sql_exec")}


def sql_query(given: Given, nk: Nk) -> Any:
    """`nk.sqlQuery(query, parameters?)`."""
    rows = _run(given, nk, "sql_query")
    return Revived([{name: _shaped(value) for name, value in row.items()} for row in rows])


def _run(given: Given, nk: Nk, name: str) -> Any:
    statement = given.text(0)
    parameters: list[Any] = []
    if given.value(1) is not UNDEFINED:
        parameters = given.array(1, "expects array of query params")
    with (
        retold(r"nk\.(sql_\w+)", lambda found: f"nk.{camel(found[1])}"),
        retold("^sql (?:exec|query) error", "failed to exec db query"),
    ):
        # A statement without a command is none for Lua only, so it is not empty there.
        return nk(name, statement or ";", [_exported(each) for each in parameters])


def _exported(value: Any) -> Any:
    """A parameter as goja gives it to Go."""
    if value is UNDEFINED:
        return None
    if isinstance(value, Date):
        return decode_time(value.text)
    if isinstance(value, bytes):
        return Foreign("goja.ArrayBuffer")
    if isinstance(value, JsOpaque):
        if value.kind in ("string object", "view") and value.value is not None:
            return value.value
        return Foreign(_EXPORTED.get(value.kind, value.kind))
    if isinstance(value, dict):
        return {name: _exported(item) for name, item in value.items()}
    return [_exported(item) for item in value] if isinstance(value, list) else value


def _shaped(value: Any) -> Any:
    """The value of a column: bytes are an array of numbers, as Go's slices are in goja."""
    if isinstance(value, Octets):
        return list(to_bytes(value))
    if isinstance(value, Instant):
        return GoTime(value.rfc3339(), int(value) * 1_000_000 + value.microseconds)
    return value
