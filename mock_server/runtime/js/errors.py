"""Exceptions of JavaScript: what clients see of them, and what the log and the journal tell."""

from __future__ import annotations

import re
from typing import Any

from mock_server.runtime.errors import ModuleError
from mock_server.runtime.js.bundle import Bundle
from mock_server.wire.errors import GrpcCode

_UINT32 = 1 << 32
_OVERFLOW = "Maximum call stack size exceeded"
_NO_LIMIT = " (goja has no such limit: a real Nakama goes on until it has no memory left)"


class ScriptTypeError(Exception):
    """A function refuses an argument: a TypeError in JavaScript."""


class ScriptGoError(Exception):
    """The work of a function fails: a GoError in JavaScript."""


class ScriptError(ModuleError):
    """An exception that a function of a bundle did not catch.

    Args:
        message: What the client gets.
        code: What it threw as `code`; any number of 32 bits.
        stack_trace: Where, in the form of Nakama's engine.
        typescript: The same by the source map, one place a line; empty where there is none.
        position_text: The text with the place, also where the bundle chose what clients see.
        is_chosen: Whether the bundle chose what clients see, so that it is not worth logging.
    """

    def __init__(
        self,
        message: str,
        code: int = GrpcCode.INTERNAL,
        *,
        stack_trace: str = "",
        typescript: str = "",
        position_text: str = "",
        is_chosen: bool = False,
    ) -> None:
        super().__init__(message, code)
        self.shown_code = code % _UINT32
        self.details = {"stackTrace": stack_trace}
        self.trace = "" if is_chosen else f"{stack_trace}{typescript}"
        self.stack_trace = stack_trace
        self.typescript = typescript
        self.position_text = position_text or message
        self.is_chosen = is_chosen


def script_error(thrown: dict[str, Any], bundle: Bundle) -> ScriptError:
    """The error of an exception as `prelude/` describes it."""
    text = str(thrown["text"])
    if _OVERFLOW in text:
        text += _NO_LIMIT
    frames = corrected(bundle, _frames(str(thrown["stack"])))
    innermost = frames[0].strip().removeprefix("at ") if frames else "<unknown>"
    is_message = "message" in thrown and not thrown.get("isError")
    return ScriptError(
        str(thrown["message"]) if is_message else f"{text} at {innermost}",
        thrown.get("code", int(GrpcCode.INTERNAL)),
        stack_trace="\n".join([text, *frames]) + "\n",
        typescript=typescript(bundle, frames),
        position_text=f"{text} at {innermost}",
        is_chosen=is_message or "code" in thrown,
    )


def corrected(bundle: Bundle, frames: list[str]) -> list[str]:
    """Frames with the places that Nakama's engine shows, instead of the program's."""
    place = re.compile(rf"\b{re.escape(bundle.name)}:(\d+):(\d+)\(0\)")

    def moved(found: re.Match[str]) -> str:
        line, column = bundle.position(int(found[1]), int(found[2]))
        return f"{bundle.shown(line, column)}(0)"

    return [place.sub(moved, frame) for frame in frames]


def typescript(bundle: Bundle, frames: list[str]) -> str:
    """The places in TypeScript of (corrected) frames."""
    lines = []
    for frame in frames:
        found = re.search(rf"\b{re.escape(bundle.name)}:(\d+):(\d+)", frame)
        place = bundle.typescript(int(found[1]), int(found[2])) if found else None
        if place is not None:
            name = re.match(r"\s*at (\S+) \(", frame)
            lines.append(f"at {name[1]} ({place})" if name else f"at {place}")
    return "\n".join(lines)


def line_of(error: ScriptError, bundle: Bundle) -> str:
    """The file and the line of an error, for what is said at load."""
    found = re.search(r"(\S+):(\d+):\d+\(0\)", error.stack_trace)
    if found is None:
        return str(bundle.path)
    file, line = found[1].removeprefix("("), found[2]
    return f"{bundle.path}:{line}" if file == bundle.name else f"{bundle.path}: {file}:{line}"


def _frames(stack: str) -> list[str]:
    start = stack.find("\n\tat ")
    return [] if start < 0 else [line for line in stack[start + 1 :].split("\n") if line]
