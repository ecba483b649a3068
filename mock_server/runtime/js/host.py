"""What the code of a context calls: runtime functions, the log, and what `prelude/` needs."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

from mock_server.runtime.bridge import Bridge
from mock_server.runtime.errors import BadArgument, ModuleError
from mock_server.runtime.js.bundle import Bundle, without_properties
from mock_server.runtime.js.calls import Environment
from mock_server.runtime.js.dispatching import dispatch
from mock_server.runtime.js.errors import ScriptGoError, ScriptTypeError
from mock_server.runtime.js.functions import FUNCTIONS
from mock_server.runtime.js.functions.storage import register_storage_index, retried_write
from mock_server.runtime.js.given import Given
from mock_server.runtime.js.language import unparsable
from mock_server.runtime.js.registering import Initializer
from mock_server.runtime.js.sprintf import sprintf, verb_v
from mock_server.runtime.js.syntax import parse
from mock_server.runtime.js.values import decode, encode
from mock_server.runtime.localcache import LocalCache
from mock_server.runtime.match_handler import Dispatcher
from mock_server.runtime.tools.logger import one_line
from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError

_log = logging.getLogger("mock_server.modules")
_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}
_COMPLETE_TEXTS = re.compile(r'(?:[^"]++|"(?:[^"\\]|\\.)*+")*+', re.DOTALL)
_FORMS = {
    kind: f"({keyword} anonymous({{}}\n) {{{{\n{{}}\n}}}})"
    for kind, keyword in (
        ("Function", "function"),
        ("GeneratorFunction", "function*"),
        ("AsyncFunction", "async function"),
    )
}


class _WithoutEffect(Exception):
    """InitModule calls a function that this mock does not have: that must not end the load."""


class Host:
    """Answers what one context calls; nothing here raises, or the context would break.

    Args:
        bridge: The runtime functions.
        bundle: Whose code calls.
        environment: The variables of `runtime.env`.
        cache: What `nk.localcache…` uses.
        initializer: Takes registrations; only the context that runs InitModule has one.
        dispatcher: Does things with a match; only the context that runs one has one.
    """

    def __init__(
        self,
        bridge: Bridge,
        bundle: Bundle,
        environment: Environment,
        cache: LocalCache,
        initializer: Initializer | None = None,
        dispatcher: Dispatcher | None = None,
    ) -> None:
        self._bridge = bridge
        self._bundle = bundle
        self._environment = environment
        self._initializer = initializer
        self._dispatcher = dispatcher
        self._own: Mapping[str, Callable[..., Any]] = {
            "localcache_get": cache.get,
            "localcache_put": cache.put,
            "localcache_delete": cache.delete,
            "localcache_clear": cache.clear,
        }
        self._special: Mapping[str, Callable[[str], str]] = {
            "$log": self._write,
            "$register": self._register,
            "$index": self._index,
            "$retry": self._retry,
            "$dispatch": self._dispatch,
            "$env": self._set_env,
            "$reword": self._reword,
            "$syntax": _check_syntax,
            "$eval": _check_eval,
            "$json": _json_mistake,
        }

    def __call__(self, name: str, text: str) -> str:
        """Answer a call: a letter for the kind of the result, and its text."""
        special = self._special.get(name)
        try:
            if special is not None:
                return special(text)
            return encode(FUNCTIONS[name](Given(decode(text)), self._nk))
        except _WithoutEffect as error:
            _log.warning("called while loading, without effect: %s", error)
            return "u"
        except ScriptTypeError as error:
            return f"T{error}"
        except BadArgument as error:
            return f"T{error.expected}"
        except ScriptGoError as error:
            return f"G{error}"
        except ModuleError as error:
            return f"G{error.message}"
        except Exception as error:
            _log.exception("the runtime function %s failed in the mock", name)
            return f"G{name} failed in the mock: {type(error).__name__}: {error}"

    def _nk(self, name: str, *arguments: Any) -> Any:
        own = self._own.get(name)
        if own is not None:
            return own(*arguments)
        if self._initializer is not None and name not in self._bridge.names():
            raise _WithoutEffect(self._bridge.missing(name).message)
        return self._bridge.call(name, arguments)

    def _write(self, text: str) -> str:
        level, form, values, fields = decode(text)
        message = sprintf(form, values)
        shown = "".join(f" {name}={verb_v(value)}" for name, value in fields.items())
        _log.log(_LEVELS[level], "%s", one_line(f"{message}{shown}"))
        return "u"

    def _register(self, text: str) -> str:
        return (
            "Tnot in InitModule" if self._initializer is None else self._initializer.register(text)
        )

    def _index(self, text: str) -> str:
        register_storage_index(Given(decode(text)), self._nk)
        return "v"

    def _dispatch(self, text: str) -> str:
        name, values = decode(text)
        if self._dispatcher is None:
            raise ScriptGoError("there is no match here")
        dispatch(self._dispatcher, name, Given(values))
        return "u"

    def _retry(self, text: str) -> str:
        writes, may_retry = decode(text)
        written = retried_write(Given([writes]), self._nk, may_retry=may_retry is True)
        return "r" if written is None else encode(written)

    def _reword(self, text: str) -> str:
        message, line, column = json.loads(text)
        line, column = self._bundle.position(line, column)
        return self._bundle.wording.reword(message, line, column)

    def _set_env(self, text: str) -> str:
        changed = json.loads(text)
        if isinstance(changed, dict):
            self._environment.values = changed
        return "u"


def _json_mistake(text: str) -> str:
    """What goja says of a text that is no JSON, which it reads token by token."""
    source = str(decode(text))
    try:
        gojson.unmarshal(source)
    except DecodeError as error:
        message = str(error)
    else:
        return "invalid character"
    if message.startswith("invalid character ' ' ") and " " not in source:
        return "unexpected EOF"  # within a word or a number, which no space follows
    if message != "unexpected end of JSON input":
        return message
    is_within_text = _COMPLETE_TEXTS.fullmatch(source) is None
    return "unexpected EOF" if is_within_text else "Unexpected end of JSON input (EOF)"


def _check_syntax(text: str) -> str:
    """Refuse code for a new function that goja does not parse."""
    kind, values = json.loads(text)
    *parameters, body = values or [""]
    form = _FORMS[kind]
    source = form.format(",".join(parameters), body)
    root = parse(source)
    found = unparsable(root)
    if found is not None:
        return f"S(anonymous): Line {max(found.line - 2, 1)}:{found.column} {found.what}"
    data = without_properties(root, source.encode(errors="replace")).decode(errors="replace")
    start = form.index("{}") + len(",".join(parameters)) + len("\n) {\n")
    return "v" + json.dumps([*parameters, data[start : len(data) - len("\n})")]])


def _check_eval(text: str) -> str:
    """Refuse code for `eval` that goja does not parse."""
    source = json.loads(text)
    root = parse(source)
    found = unparsable(root)
    if found is not None:
        return f"S<eval>: Line {found.line}:{found.column} {found.what}"
    data = without_properties(root, source.encode(errors="replace"))
    return "v" + json.dumps(data.decode(errors="replace"))
