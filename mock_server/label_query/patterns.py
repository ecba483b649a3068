"""Regular expressions as Nakama's index takes them: RE2's, over a whole term."""

from __future__ import annotations

import re
from functools import lru_cache

import re2

_SPECIAL = re.compile(r"[+()^$.{}\[\]|\\]")
_WILDCARDS = {"*": ".*", "?": "."}
_CLASS_OR_ESCAPE = re.compile(r"\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]", re.DOTALL)
_MESSAGES = (
    ("missing ]: ", "missing closing ]: "),
    ("missing ): ", "missing closing ): "),
    ("no argument for repetition operator: ", "missing argument to repetition operator: "),
    ("bad repetition operator: ", "invalid nested repetition operator: "),
    ("invalid repetition size: ", "invalid repeat count: "),
    ("invalid perl operator: ", "invalid or unsupported Perl syntax: "),
    ("invalid named capture group: ", "invalid named capture: "),
)
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 1 << 20


class PatternError(ValueError):
    """A regular expression can't be searched for; the message is Go's."""


@lru_cache(maxsize=256)
def compile_regexp(regexp: str) -> re2._Regexp:
    """Compile a regular expression; matching takes time in proportion to the text.

    Raises:
        PatternError: It is none, or looks at the borders of words or lines.
    """
    regexp = regexp.removeprefix("^")
    try:
        compiled = re2.compile(encoded(regexp), options=_OPTIONS)
    except re2.error as error:
        raise PatternError(f"error parsing regexp: {_go_message(error, regexp)}") from None
    escapes = {found.group() for found in _CLASS_OR_ESCAPE.finditer(regexp)}
    if escapes & {r"\b", r"\B"}:
        raise PatternError("word boundaries are not allowed")
    plain = _CLASS_OR_ESCAPE.sub("", regexp)
    if "^" in plain or "$" in plain or escapes & {r"\A", r"\z"}:
        raise PatternError("zero width assertions not allowed")
    return compiled


def encoded(text: str) -> bytes:
    """A pattern or a term as RE2 takes it, also one with halves of surrogate pairs."""
    return text.encode(errors="surrogatepass")


def wildcard_regexp(text: str) -> str:
    """The regular expression of a text with `*` and `?`."""
    quoted = _SPECIAL.sub(lambda found: "\\" + found.group(), text)
    return "".join(_WILDCARDS.get(char, char) for char in quoted)


def _go_message(error: re2.error, regexp: str) -> str:
    message = error.args[0]
    text = message.decode(errors="replace") if isinstance(message, bytes) else str(message)
    if text.startswith("trailing \\"):
        return "trailing backslash at end of expression: ``"
    for re2_text, go_text in _MESSAGES:
        if text.startswith(re2_text):
            return f"{go_text}`{text.removeprefix(re2_text)}`"
    kind, _, where = text.partition(": ")
    return f"{kind}: `{where or regexp}`"
