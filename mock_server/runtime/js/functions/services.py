"""`nk`: HTTP, events, metrics, the local cache and files."""

from __future__ import annotations

import re
from typing import Any

from mock_server.runtime.js.errors import ScriptGoError, ScriptTypeError
from mock_server.runtime.js.functions.table import Nk
from mock_server.runtime.js.given import Given
from mock_server.runtime.js.values import UNDEFINED, Revived

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
_METHOD = "Invalid method must be one of: 'get', 'post', 'put', 'patch', 'delete', 'head'."
_KEY = "expects non empty key string"
_SCALAR = "unsupported value type: must be string, numeric or boolean"
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|[^:]*(?:[/?#]|$)")


def http_request(given: Given, nk: Nk) -> Any:
    """`nk.httpRequest(url, method, headers?, body?, timeout?, insecure?)`."""
    url, method = given.filled(0, "URL string cannot be empty."), given.text(1).upper()
    if method not in _METHODS:
        raise ScriptTypeError(_METHOD)
    headers = given.string_map(2) if given.has(2) else {}
    body = given.optional(3, given.text, "")
    timeout = given.optional(4, given.integer, 5000)
    insecure = given.optional(5, given.flag, False)
    if not _SCHEME.match(url):
        raise ScriptGoError(f'HTTP request is invalid: parse "{url}": missing protocol scheme')
    code, received, text = nk("http_request", url, method, headers, body, timeout, insecure)
    return {
        "code": code,
        "headers": {name: [value] for name, value in received.items()},
        "body": text,
    }


def event(given: Given, nk: Nk) -> Any:
    """`nk.event(name, properties, timestamp?, external?)`."""
    name, properties = given.text(0), given.string_map(1)
    timestamp = given.optional(2, given.integer, None)
    external = given.defined(3, given.flag, False)
    if name:  # one without a name is no error here; other languages cannot make it
        nk("event", name, properties, timestamp or None, external)
    return UNDEFINED


def metrics_counter_add(given: Given, nk: Nk) -> Any:
    """`nk.metricsCounterAdd(name, tags, delta)`."""
    nk("metrics_counter_add", given.text(0), given.string_map(1), given.integer(2))
    return UNDEFINED


def metrics_gauge_set(given: Given, nk: Nk) -> Any:
    """`nk.metricsGaugeSet(name, tags, value)`."""
    nk("metrics_gauge_set", given.text(0), given.string_map(1), given.number(2))
    return UNDEFINED


def metrics_timer_record(given: Given, nk: Nk) -> Any:
    """`nk.metricsTimerRecord(name, tags, nanoseconds)`."""
    nk("metrics_timer_record", given.text(0), given.string_map(1), given.integer(2))
    return UNDEFINED


def localcache_get(given: Given, nk: Nk) -> Any:
    """`nk.localcacheGet(key, default?)`; `prelude/` knows the default."""
    found = nk("localcache_get", given.filled(0, _KEY))
    return UNDEFINED if found is None else Revived(found)


def localcache_put(given: Given, nk: Nk) -> Any:
    """`nk.localcachePut(key, value, ttl?)`: a text, a number or a boolean; ttl in seconds."""
    key = given.filled(0, _KEY)
    if not given.has(1):
        raise ScriptTypeError("expects a non empty value")
    ttl = given.optional(2, given.integer, 0)
    if ttl < 0:
        raise ScriptTypeError("ttl must be 0 or more")
    value = given.value(1)
    if not isinstance(value, str | int | float):
        raise ScriptTypeError(_SCALAR)
    nk("localcache_put", key, value, ttl)
    return UNDEFINED


def localcache_delete(given: Given, nk: Nk) -> Any:
    """`nk.localcacheDelete(key)`."""
    nk("localcache_delete", given.filled(0, _KEY))
    return UNDEFINED


def localcache_clear(given: Given, nk: Nk) -> Any:
    """`nk.localcacheClear()`."""
    nk("localcache_clear")
    return UNDEFINED


def file_read(given: Given, nk: Nk) -> Any:
    """`nk.fileRead(path)`."""
    return nk("file_read", given.filled(0, "expects relative path string"))
