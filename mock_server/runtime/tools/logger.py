"""`nk.logger_*`: what server modules write into the server's log."""

from __future__ import annotations

import logging
from typing import Any

from mock_server.runtime.arguments import Arguments
from mock_server.runtime.functions import PureFunctions

_log = logging.getLogger("mock_server.modules")

_LONGEST = 64 * 1024  # characters


class LoggerFunctions(PureFunctions):
    """Write into the log."""

    def logger_debug(self, message: Any = None) -> str:
        """Log at debug level and return the message.

        Raises:
            ModuleError: No text.
        """
        return _write("logger_debug", logging.DEBUG, message)

    def logger_info(self, message: Any = None) -> str:
        """Log at info level and return the message.

        Raises:
            ModuleError: No text.
        """
        return _write("logger_info", logging.INFO, message)

    def logger_warn(self, message: Any = None) -> str:
        """Log at warning level and return the message.

        Raises:
            ModuleError: No text.
        """
        return _write("logger_warn", logging.WARNING, message)

    def logger_error(self, message: Any = None) -> str:
        """Log at error level and return the message.

        Raises:
            ModuleError: No text.
        """
        return _write("logger_error", logging.ERROR, message)


def _write(function: str, level: int, message: Any) -> str:
    text = Arguments(function, message).filled_text(1, "expects message string")
    _log.log(level, "%s", one_line(text))
    return text


def encodable(text: str) -> str:
    """A text whose bytes that are no UTF-8 are escaped: a log in UTF-8 has no place for them."""
    return _shortened(text).encode(errors="backslashreplace").decode()


def one_line(text: str) -> str:
    """A text with its newlines and control characters escaped, so that it forges no log line."""
    shown = _shortened(text)
    if shown.isprintable():
        return shown
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in shown
    )


def several_lines(text: str) -> str:
    """A text of several lines, as an error with its traceback, that forges no log line.

    Lines behind the first are indented, and other control characters escaped.
    """
    lines = _shortened(text).split("\n")
    return "\n    ".join(one_line(line.replace("\t", "    ")) for line in lines)


def _shortened(text: str) -> str:
    """The start of a text, for the log: looking at each letter of megabytes would hold the loop."""
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}… ({len(text)} characters in all)"
