"""One Lua state: loads the modules and runs the functions that they registered."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any

import lupa.lua51 as lupa

from mock_server.runtime.arguments import to_bytes, to_text
from mock_server.runtime.bridge import Bridge
from mock_server.runtime.context import Context
from mock_server.runtime.errors import BadArgument, ModuleError, ModuleLoadError
from mock_server.runtime.functions import MOCK_MODULE, SATORI_MODULE
from mock_server.runtime.lua import bit32, greenlets, strings
from mock_server.runtime.lua.load_record import LoadCalls, LoadRecord
from mock_server.runtime.lua.memory import MOST, NO_MEMORY, Memory
from mock_server.runtime.lua.modules import LuaModule
from mock_server.runtime.lua.values import FromLua, ToLua
from mock_server.runtime.tools.localcache import LuaCache
from mock_server.runtime.tools.logger import encodable, several_lines

_log = logging.getLogger("mock_server.modules")

_BETWEEN_TURNS = 0.01  # seconds
_MANY_VALUES = 5000  # in tables
_LONG_TEXT = 256 * 1024
_STARTED = time.monotonic()
_STOPPING = b"the server is stopping"
_CANCELED = b"context canceled"  # what Nakama's log says, where a caller has gone


class LuaState:
    """A Lua state; only one call uses it at a time.

    Args:
        bridge: Calls runtime functions.
        record: What they answer while the modules load.
        run_once: The context for `nk.run_once`.
        cache: What `nk.localcache_*` uses, with the other states.
        time_limit: How many seconds a call's own code may run; waiting does not count.

    Attributes:
        announced: What the modules registered: kinds and ids.
        is_spent: Whether a call was cut, so that the state is not to be used again.
    """

    def __init__(
        self,
        bridge: Bridge,
        record: LoadRecord,
        run_once: Context,
        cache: LuaCache,
        *,
        time_limit: float,
    ) -> None:
        self.announced: list[tuple[str, str]] = []
        self.is_spent = False
        self._bridge = bridge
        self._loading: LoadCalls | None = LoadCalls(record, bridge)
        self._run_once: Context | None = run_once
        self._time_limit = time_limit
        self._deadline = 0.0
        self._turned = 0.0  # when others last had a turn
        self._cut: bytes | None = None  # why the call must end
        self._interruption: BaseException | None = None
        self._cache = cache.functions()
        self._own: Mapping[str, Callable[..., Any]] = self._cache
        self._match_context: Any = None
        self._lua = lupa.LuaRuntime(
            encoding=None,
            unpack_returned_tuples=True,
            register_eval=False,
            register_builtins=False,
            attribute_filter=_no_attribute,
            max_memory=MOST,
        )
        globals_ = self._lua.globals()
        self._from_lua = FromLua(lupa.lua_type, globals_[b"table"][b"maxn"], self._check_time)
        self._to_lua = ToLua(self._lua.table_from, self._check_time).convert
        self._compile = globals_[b"loadstring"]  # modules may replace the one they see
        self._memory = Memory(self._lua, globals_[b"collectgarbage"])
        self._memory.lift()
        self._functions = self._prepare()

    def load(self, modules: Sequence[LuaModule]) -> None:
        """Compile and run modules.

        Raises:
            ModuleLoadError: One fails; the message has file and line.
        """
        self._deadline = time.monotonic() + self._time_limit
        for module in modules:
            problem = self._run(
                self._functions[b"compile"],
                (to_bytes(module.name), to_bytes(str(module.path)), module.source),
            )
            _check_loaded(module, problem)
        for module in modules:
            problem = self._run(self._functions[b"run"], (to_bytes(module.name),))
            _check_loaded(module, problem)
        self._functions[b"seal"]()
        if self._loading is not None:
            self._loading.end()
        self._loading = self._run_once = None

    def invoke(self, key: str, arguments: Sequence[Any]) -> Any:
        """Call a registered function and return its last result.

        Args:
            key: Kind and id, as `rpc:register_push`.
            arguments: What it is given.

        Raises:
            ModuleError: It failed; the message is the client's.
        """
        return self._from_lua.convert(self._invoke(key, arguments))

    def _invoke(self, key: str, arguments: Sequence[Any]) -> Any:
        """The last result as it is in Lua."""
        self._turned = time.monotonic()
        self._deadline = self._turned + self._time_limit
        if self._cut is _CANCELED:  # of the call before
            self._cut = None
        given = (to_bytes(key), *(self._to_lua(argument) for argument in arguments))
        try:
            results = self._run(self._functions[b"invoke"], given)
        except lupa.LuaError as error:
            self.is_spent = True
            raise ModuleError(f"{type(error).__name__}: {error}") from None
        finally:
            self._raise_interruption()
        if results is True:
            return None
        if results[0]:
            return results[1]
        if results[1] == NO_MEMORY:  # what is there may be referred to for ever
            self.is_spent = True
        raise _failure(key, *(self._from_lua.convert(each) for each in results[1:]))

    def _run(self, function: Any, arguments: tuple[Any, ...]) -> Any:
        """Call a function of Lua's, whose memory is limited meanwhile."""
        self._limit_memory(arguments)
        try:
            return function(*arguments)
        finally:
            self._memory.lift()
            self._memory.tidy()

    def _limit_memory(self, values: tuple[Any, ...]) -> None:
        if not self._memory.limit(values):
            self._cut = self._cut or NO_MEMORY

    def _raise_interruption(self) -> None:
        error, self._interruption = self._interruption, None
        if error is not None:
            raise error

    def invoke_all(self, key: str, arguments: Sequence[Any]) -> list[Any]:
        """Call a function that returns a list with its length; None fills the gaps.

        Raises:
            ModuleError: It failed.
        """
        results = self._invoke(key, arguments)
        return [self._from_lua.convert(results[index]) for index in range(1, results[b"n"] + 1)]

    def open_match(
        self, module: str, context: dict[str, Any], functions: dict[str, Callable[..., Any]]
    ) -> None:
        """Make a module's match callbacks callable, each by its own name; see match.lua.

        Args:
            module: The module.
            context: The match's context.
            functions: What this state alone may call, by names with a dot.

        Raises:
            ModuleError: It is no match handler.
        """
        self._own = {**self._cache, **functions}
        opened = self._run(
            self._chunk("match.lua"),
            (
                self._host,
                self._language,
                self._functions[b"internals"],
                to_bytes(module),
                self._to_lua(context),
            ),
        )
        if isinstance(opened, tuple):
            raise ModuleError(to_text(opened[1]))
        self._match_context = opened

    def set_match_label(self, label: bytes) -> None:
        """Change the label in the match's context."""
        self._match_context[b"match_label"] = label

    def cut(self) -> None:
        """Make the call under way end soon; any thread may do this."""
        self._cut, self.is_spent = _STOPPING, True

    def cancel(self) -> None:
        """Make the call under way end soon, because nobody waits for what it returns."""
        self._cut = self._cut or _CANCELED

    def _prepare(self) -> Any:
        functions: dict[bytes, Callable[..., Any]] = {
            b"call": self._call,
            b"announce": self._announce,
            b"once": self._once,
            b"over": self._over_after_a_turn,
            b"caught": self._caught,
            b"case": strings.case,
            b"find": strings.find,
            b"print": strings.log,
            b"clock": lambda: time.monotonic() - _STARTED,
        }
        host = self._lua.table_from(
            {
                **{name: self._watched(function) for name, function in functions.items()},
                b"functions": [to_bytes(name) for name in self._bridge.names()],
                b"mock": [to_bytes(name) for name in self._bridge.names(MOCK_MODULE)],
                b"satori": [to_bytes(name) for name in self._bridge.names(SATORI_MODULE)],
                b"bit32": [to_bytes(name) for name in bit32.FUNCTIONS],
                b"memory": Memory.WITHIN,
            },
            recursive=True,
        )
        self._host = host = self._chunk("border.lua")(host)
        limits = self._chunk("limits.lua")(host)
        self._language = language = self._chunk("language.lua")(host, limits)
        patterns = self._chunk("patterns.lua")(host, language, limits)
        library = self._chunk("library.lua")(host, language, limits, patterns)
        return self._chunk("nakama.lua")(host, language, library)

    def _chunk(self, name: str) -> Any:
        return self._compile(_source(name), b"=nakama")

    def _watched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function whose exceptions are known here; border.lua keeps them from Lua."""

        def call(*arguments: Any) -> Any:
            self._memory.lift()
            result: Any = None
            try:
                result = function(*arguments)
            except Exception:
                _log.exception("the mock failed in a call from Lua")
                raise
            except BaseException as error:  # Ctrl+C in this thread
                self._interruption = error
                self.cut()
                raise
            finally:
                self._limit_memory(result if type(result) is tuple else (result,))
            return result

        return call

    # What Lua calls. What these raise is a mistake of the mock: Lua learns no more than that.

    def _call(self, name: bytes, *arguments: Any) -> tuple[Any, ...]:
        title = to_text(name)
        if self._cut is not None:
            self.is_spent = True
            return False, self._cut
        try:
            self._from_lua.count = 0
            result = self._answer(title, [self._argument(each) for each in arguments])
            if type(result) is tuple:
                return (True, *[self._to_lua(each) for each in result])
            # Nothing for None; `(None,)` is one nil.
            return (True,) if result is None else (True, self._to_lua(result))
        except BadArgument as error:
            return False, None, error.number, to_bytes(error.expected)
        except ModuleError as error:
            return False, to_bytes(error.message)
        except RecursionError:
            return False, b"a value is nested too deeply"
        except Exception as error:
            _log.exception("the runtime function %s failed in the mock", title)
            return False, to_bytes(f"{title} failed in the mock: {type(error).__name__}: {error}")

    def _argument(self, value: Any) -> Any:
        if type(value) is not bytes and self._from_lua.is_function(value):
            return self._function(value)
        return self._from_lua.convert(value)

    def _function(self, function: Any) -> Callable[..., Any]:
        """A Lua function for runtime functions that run in this thread."""

        def call(*arguments: Any) -> Any:
            try:
                result = self._run(function, tuple(self._to_lua(each) for each in arguments))
            except lupa.LuaError as error:
                message = str(error).partition("\nstack traceback:")[0]
                raise ModuleError(message or "an error that is no text") from None
            return self._from_lua.convert(result)

        return call

    def _announce(self, kind: bytes, name: bytes) -> None:
        self.announced.append((to_text(kind), to_text(name)))

    def _once(self) -> Any:
        context, self._run_once = self._run_once, None
        return None if context is None else self._to_lua(context.table())

    def _over(self) -> bytes | None:
        if self._cut is not None:
            self.is_spent = True
            return self._cut
        if time.monotonic() < self._deadline:
            return None
        self.is_spent = True
        return to_bytes(
            f"the Lua code ran longer than runtime.lua_time_limit_sec ({self._time_limit:g} s) and "
            "was cut"
        )

    def _over_after_a_turn(self) -> bytes | None:
        """As `_over`; in the loop's thread others have a turn first, which does not count."""
        began = time.monotonic()
        greenlets.pause()
        self._turned = time.monotonic()
        self._deadline += self._turned - began
        return self._over()

    def _check_time(self) -> None:
        """What takes long in the host's part of a call looks here now and then."""
        is_due = time.monotonic() - self._turned > _BETWEEN_TURNS
        over = self._over_after_a_turn() if is_due else self._over()
        if over is not None:
            raise ModuleError(to_text(over))

    def _caught(self, problem: bytes) -> bytes | None:
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("a pcall caught an error: %s", several_lines(encodable(to_text(problem))))
        return self._over()

    def _answer(self, name: str, arguments: list[Any]) -> Any:
        if name in self._own:
            return self._own[name](*arguments)
        if name.startswith("bit32."):
            return bit32.FUNCTIONS[name.removeprefix("bit32.")](*arguments)
        if self._loading is not None:
            return self._loading.answer(name, arguments)
        began = time.monotonic()
        try:
            return self._bridge.call(name, arguments, is_large=self._is_large(arguments))
        finally:
            if self._bridge.waits(name):
                self._deadline += time.monotonic() - began

    def _is_large(self, arguments: list[Any]) -> bool:
        """Whether what looks at every byte or value of the arguments takes long."""
        for each in arguments:
            if type(each) is str and len(each) > _LONG_TEXT:
                return True
        return self._from_lua.count > _MANY_VALUES


def _source(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()


def _no_attribute(owner: object, name: object, is_setting: bool) -> str:
    """Refuse every attribute of every object of Python, should Lua ever get hold of one."""
    raise AttributeError("objects of the host have no attributes in Lua")


def _check_loaded(module: LuaModule, problem: bytes | None) -> None:
    if problem is None:
        return
    text = to_text(problem)
    is_placed = text.startswith(f"{module.path}:") or ".lua:" in text.partition(": ")[0]
    raise ModuleLoadError(text if is_placed else f"{module.path}: {text}")


def _failure(
    key: str, message: str, code: Any = None, is_chosen: bool = False, full: str = ""
) -> ModuleError:
    if not is_chosen:
        _log.error("%s failed: %s", key, several_lines(encodable(full or message)))
    is_number = isinstance(code, int | float) and not isinstance(code, bool)
    return ModuleError(message, int(code)) if is_number else ModuleError(message)
