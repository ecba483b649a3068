"""`nk.match…` and `nk.partyList`."""

from __future__ import annotations

from typing import Any

from mock_server.runtime.js.errors import ScriptGoError, ScriptTypeError
from mock_server.runtime.js.functions.table import Nk
from mock_server.runtime.js.given import Given, Object, camel_keys
from mock_server.runtime.js.values import UNDEFINED, Date, JsOpaque, plain

_SHOWN = ("match_id", "authoritative", "size", "label")


def match_create(given: Given, nk: Nk) -> Any:
    """`nk.matchCreate(name, params?)`."""
    name = given.filled(0, "expects module name")
    params = given.value(1)
    params = {} if params is UNDEFINED else params
    if not isinstance(params, dict):
        raise ScriptTypeError("expects params to be an object")
    if not _is_encodable(params):
        raise ScriptGoError("error creating match: cannot encode params")
    return nk("match_create", name, plain(params))


def _is_encodable(value: Any) -> bool:
    """Whether Nakama can hand a value to a match: it knows no dates, functions and the like."""
    if isinstance(value, dict):
        return all(map(_is_encodable, value.values()))
    if isinstance(value, list):
        return all(map(_is_encodable, value))
    if isinstance(value, JsOpaque):
        return value.kind in ("string object", "view")
    return not isinstance(value, bytes | Date)


def match_get(given: Given, nk: Nk) -> Any:
    """`nk.matchGet(id)`."""
    found = nk("match_get", given.text(0))
    return None if found is None else _match(found)


def match_list(given: Given, nk: Nk) -> Any:
    """`nk.matchList(limit?, authoritative?, label?, minSize?, maxSize?, query?)`."""
    limit = given.defined(0, given.integer, 1)
    authoritative = given.flag(1) if given.has(1) else None
    label = given.text(2) if given.has(2) else None
    least, most = (given.integer(each) if given.has(each) else None for each in (3, 4))
    query = given.text(5) if given.has(5) else None
    return [
        _match(each) for each in nk("match_list", limit, authoritative, label, least, most, query)
    ]


def match_signal(given: Given, nk: Nk) -> Any:
    """`nk.matchSignal(id, data?)`."""
    return nk("match_signal", given.text(0), given.defined(1, given.text, ""))


def party_list(given: Given, nk: Nk) -> Any:
    """`nk.partyList(limit?, open?, showHidden, query?, cursor?)`."""
    limit = given.optional(0, given.integer, 10)
    if not 1 <= limit <= 100:
        raise ScriptTypeError("limit must be 1-100")
    is_open = given.flag(1) if given.has(1) else None
    hidden = given.flag(2)
    query, cursor = (given.optional(each, given.text, "") for each in (3, 4))
    found, following = nk("party_list", limit, is_open, hidden, query, cursor)
    parties: Object = {"parties": [_party(each) for each in found]}
    return {**parties, "cursor": following} if following else parties


def _party(table: Object) -> Object:
    names = {"partyId": "match_id", "open": "open", "maxSize": "maxSize", "label": "label"}
    return {name: table[key] for name, key in names.items()}


def _match(table: Object) -> Object:
    shaped: Object = camel_keys({name: table[name] for name in _SHOWN if name in table})
    return {"label": "", **shaped}
