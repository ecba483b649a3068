"""One context: runs a bundle's program, and calls its functions."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from mock_server.runtime.errors import ModuleLoadError
from mock_server.runtime.js.bundle import Bundle
from mock_server.runtime.js.errors import ScriptError, line_of, script_error
from mock_server.runtime.js.limits import Deadline
from mock_server.runtime.js.registering import Initializer
from mock_server.runtime.js.values import decode, marked, to_json

_log = logging.getLogger("mock_server.modules")

STACK = 16 << 20
"""How many bytes a context's code may use of its thread's stack."""
MEMORY = 256 << 20
"""How many bytes a context may use."""

# What a context knows before the bundle runs. They are pieces of one function, whose names `$nk…`
# do not show in stack traces.
_PRELUDE = (
    "primordials",
    "errors",
    "values",
    "nk",
    "logger",
    "initializer",
    "calls",
    "matches",
    "entry",
    "language",
    "builtins",
)

HostCall = Callable[[str, str], str]
"""What a context calls: a function's name and its arguments' text, to the text of the result."""


class Missing(Exception):
    """There is no function of this name in the context."""


class JsContext:
    """A context of the engine; only one thread may ever use it.

    Args:
        engine: The module of quickjs-ng.
        bundle: What it runs.
        host: What its code calls; it never raises.
        given: What `prelude/` gets.
        time_limit: How many seconds a call's own code may run.

    Attributes:
        is_spent: Whether a call was cut, so that it is not to be used again.
    """

    def __init__(
        self,
        engine: Any,
        bundle: Bundle,
        host: HostCall,
        given: Mapping[str, Any],
        time_limit: float,
    ) -> None:
        self.is_spent = False
        self._bundle = bundle
        self._host = host
        self._limit = time_limit
        self._cut: type[BaseException] = engine.JSException
        self._context = engine.Context()
        self._context.set_max_stack_size(STACK)
        self._context.set_memory_limit(MEMORY)
        self._context.add_callable("$host", self._call_host)
        self._context.set("$given", to_json(dict(given)))
        self._enter = self._context.eval(_prelude())
        self._deadline = Deadline(self._context, time_limit)

    def run(self, *, is_frozen: bool) -> None:
        """Run the program.

        Args:
            is_frozen: Whether what its globals hold is frozen then.

        Raises:
            ModuleLoadError: It fails; the message has file and line.
        """
        self._deadline.start()
        try:
            self._context.eval(self._bundle.program)
        except self._cut as error:
            raise self._unloadable(error) from None
        self._jobs()
        if is_frozen:
            self._operate("freeze")

    def initialize(self, context: Mapping[str, Any], initializer: Initializer) -> None:
        """Call InitModule.

        Args:
            context: The runtime context, as JavaScript sees it.
            initializer: Takes what it registers.

        Raises:
            ModuleLoadError: There is none, or it fails; the message has file and line.
        """
        self._deadline.start()
        try:
            reply = self._operate("init", to_json(context))
        except ScriptError as error:
            where = line_of(error, self._bundle)
            source = f"in TypeScript: {error.typescript}\n" if error.typescript else ""
            raise ModuleLoadError(
                initializer.fatal or f"{where}: {error.stack_trace}{source}"
            ) from None
        if initializer.fatal:  # also where the bundle caught it
            raise ModuleLoadError(initializer.fatal)
        if reply[0] == "m":
            raise ModuleLoadError(
                f"{self._bundle.path}: InitModule function not found. Function must be defined at "
                "top level."
            )
        self._jobs()

    def invoke(self, mode: str, name: str, context: Mapping[str, Any], values: list[Any]) -> Any:
        """Call a function of the bundle.

        Args:
            mode: The execution mode.
            name: The function's.
            context: The runtime context, as JavaScript sees it.
            values: What it is given after `nk`.

        Returns:
            What it returned; see `values.py`.

        Raises:
            Missing: There is no such function.
            ScriptError: It failed.
        """
        self._deadline.start()
        given = values if mode == "rpc" else marked(values)
        reply = self._operate("invoke", mode, name, to_json(context), to_json(given))
        self._jobs()
        if reply[0] == "m":
            raise Missing(name)
        return reply[1]

    def match(self, part: str, name: str, context: Mapping[str, Any], values: list[Any]) -> Any:
        """Call a function of the match that this context runs.

        Args:
            part: Which one, as `matchLoop`.
            name: The function's name.
            context: The runtime context, as JavaScript sees it.
            values: What it is given; the tick first, but for `matchInit`.

        Returns:
            What it decided, an `error` that says what is wrong with what it returned, or `ended`.

        Raises:
            Missing: There is no such function.
            ScriptError: It failed.
        """
        self._deadline.start()
        reply = self._operate("match", part, name, to_json(context), to_json(marked(values)))
        self._jobs()
        if reply[0] == "m":
            raise Missing(name)
        return reply[1]

    def match_state(self) -> Any:
        """The state of the match that this context runs."""
        self._deadline.start()
        return self._operate("state")[1]

    def _operate(self, operation: str, *values: str) -> list[Any]:
        """The kind of the reply, and its value (None where there is none)."""
        try:
            reply: list[Any] = decode(self._enter(operation, *values))
        except self._cut as error:
            self.is_spent = True
            raise self._uncaught(error) from None
        if reply[0] == "e":
            raise script_error(reply[1], self._bundle)
        return reply

    def _jobs(self) -> None:
        """Run what promises wait for; nobody sees what becomes of it."""
        try:
            while self._context.execute_pending_job():
                pass
        except self._cut as error:
            _log.debug("a job of a promise failed: %s", error)

    def _call_host(self, name: str, text: str) -> str:
        self._deadline.leave()
        try:
            return self._host(name, text)
        finally:
            self._deadline.enter()

    def _uncaught(self, error: BaseException) -> ScriptError:
        """The error of what passed by the prelude: the end of time or memory."""
        text, _, stack = str(error).partition("\n")
        if "interrupted" in text:
            text = (
                f"InternalError: the code ran longer than runtime.js_time_limit_sec "
                f"({self._limit:g} s) and was cut"
            )
        return script_error({"text": text, "stack": stack}, self._bundle)

    def _unloadable(self, error: BaseException) -> ModuleLoadError:
        failure = self._uncaught(error)
        if failure.message.startswith("SyntaxError"):
            return self._syntax_error(str(error))
        return ModuleLoadError(f"{line_of(failure, self._bundle)}: {failure.message}")

    def _syntax_error(self, text: str) -> ModuleLoadError:
        message, _, stack = text.partition("\n")
        place = re.search(r":(\d+):(\d+)", stack)
        line, column = self._bundle.position(*map(int, place.groups())) if place else (1, 1)
        reason = message.removeprefix("SyntaxError: ")
        return ModuleLoadError(
            f"{self._bundle.path}:{line}: SyntaxError: {self._bundle.name}: Line {line}:{column} "
            f"{reason}"
        )


def _prelude() -> str:
    """The files of `prelude/` as one function, which returns the entry."""
    folder = files(__package__).joinpath("prelude")
    code = "\n".join(folder.joinpath(f"{name}.js").read_text("utf-8") for name in _PRELUDE)
    return f'(function $nkPrelude() {{\n"use strict";\n{code}\nreturn $nkEnter;\n}})()'
