"""What the code of a context calls: runtime functions, the log, and what `prelude.js` needs."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from mock_server.runtime.bridge import Bridge
from mock_server.runtime.errors import BadArgument, ModuleError
from mock_server.runtime.js.bundle import without_properties
from mock_server.runtime.js.calls import Environment
from mock_server.runtime.js.errors import ScriptGoError, ScriptTypeError
from mock_server.runtime.js.functions import FUNCTIONS
from mock_server.runtime.js.functions.storage import store_once
from mock_server.runtime.js.given import Given
from mock_server.runtime.js.language import unparsable
from mock_server.runtime.js.registering import Registrar
from mock_server.runtime.js.sprintf import sprintf, verb_v
from mock_server.runtime.js.syntax import parse
from mock_server.runtime.js.values import decode, encode

_log = logging.getLogger("mock_server.modules")
_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}
_PARAMETERS = "(function* anonymous({}\n) {{\n{}\n}})"


class Host:
    """Answers what one context calls; nothing here raises, or the context would break.

    Args:
        bridge: The runtime functions.
        environment: The variables of `runtime.env`.
        registrar: Takes registrations; only the context that runs InitModule has one.
    """

    def __init__(
        self, bridge: Bridge, environment: Environment, registrar: Registrar | None = None
    ) -> None:
        self._bridge = bridge
        self._environment = environment
        self._registrar = registrar
        self._special: Mapping[str, Callable[[str], str]] = {
            "$log": self._write,
            "$register": self._register,
            "$index": self._index,
            "$retry": self._retry,
            "$env": self._set_env,
            "$syntax": _check_syntax,
        }

    def __call__(self, name: str, text: str) -> str:
        """Answer a call: a letter for the kind of the result, and its text."""
        special = self._special.get(name)
        try:
            if special is not None:
                return special(text)
            return encode(FUNCTIONS[name](Given(decode(text)), self._nk))
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
        return self._bridge.call(name, arguments)

    def _write(self, text: str) -> str:
        level, form, values, fields = decode(text)
        message = sprintf(form, values)
        told = "".join(f" {name}={verb_v(value)}" for name, value in fields.items())
        _log.log(_LEVELS[level], "%s%s", message, told)
        return "u"

    def _register(self, text: str) -> str:
        return "Tnot in InitModule" if self._registrar is None else self._registrar.register(text)

    def _index(self, text: str) -> str:
        given = Given(decode(text))
        given.text(0), given.text(1)
        return encode(FUNCTIONS["registerStorageIndex"](given, self._nk))

    def _retry(self, text: str) -> str:
        reads, writes, may_retry = decode(text)
        return store_once(Given([reads, writes]), self._nk, may_retry=may_retry is True)

    def _set_env(self, text: str) -> str:
        changed = json.loads(text)
        if isinstance(changed, dict):
            self._environment.values = changed
        return "u"


def _check_syntax(text: str) -> str:
    """Refuse code for a new function that goja does not parse."""
    kind, values = json.loads(text)
    *parameters, body = values or [""]
    form = _PARAMETERS if kind == "GeneratorFunction" else _PARAMETERS.replace("function*", "function")
    if kind == "AsyncFunction":
        form = form.replace("(function", "(async function")
    source = form.format(",".join(parameters), body)
    root = parse(source)
    found = unparsable(root)
    if found is not None:
        return f"S(anonymous): Line {max(found.line - 2, 1)}:{found.column} {found.what}"
    data = without_properties(root, source.encode(errors="replace")).decode(errors="replace")
    start = form.index("{}") + len(",".join(parameters)) + len("\n) {\n")
    return "v" + json.dumps([*parameters, data[start : len(data) - len("\n})")]])


