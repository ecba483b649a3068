"""`nk.logger_*`: what server modules write into the server's log."""

from __future__ import annotations

import logging
from typing import Any

from mock_server.runtime.arguments import Arguments
from mock_server.runtime.functions import PureFunctions

_log = logging.getLogger("mock_server.modules")


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
    return text.encode(errors="backslashreplace").decode()


def one_line(text: str) -> str:
    """A text with its newlines and control characters escaped, so that it forges no log line."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def several_lines(text: str) -> str:
    """A text of several lines, as an error with its traceback, that forges no log line.

    Lines behind the first are indented, and other control characters escaped.
    """
    return "\n    ".join(one_line(line.replace("\t", "    ")) for line in text.split("\n"))
