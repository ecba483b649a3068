"""The variables of a tape while it plays: `{{name}}` in its texts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import re
import string
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Self

_REFERENCE = re.compile(r"\{\{([^{}]+)\}\}")
_CALL = re.compile(r"(\w+)\((.*)\)")
_HIGH_LETTERS = string.ascii_lowercase[6:]  # g to z: never part of a uuid
_DIGESTS = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
_NOT_IN_TOKEN = "-"


class Bindings:
    """What the variables of one replay stand for.

    Args:
        types: The declared types of the tape's variables.
        now: Tells the server's time in seconds since the epoch, for self-made tokens.
    """

    def __init__(self, types: Mapping[str, str], now: Callable[[], float]) -> None:
        self._types = types
        self._now = now
        run = "q" + "".join(random.choices(_HIGH_LETTERS, k=2))
        run += "".join(random.choices(string.digits + _HIGH_LETTERS, k=6))
        digits = hashlib.md5(run.encode()).hexdigest()
        ghost = (digits[:8], digits[8:12], f"4{digits[13:16]}", f"8{digits[17:20]}", digits[20:])
        self._values = {"run": run, "ghost": "-".join(ghost)}

    def branch(self) -> Self:
        """A copy to try a comparison on."""
        copy = object.__new__(type(self))
        copy._types, copy._now, copy._values = self._types, self._now, dict(self._values)
        return copy

    def adopt(self, branch: Self) -> None:
        """Take over what a branch has bound."""
        self._values = branch._values

    def bind(self, name: str, value: str) -> None:
        """Give a variable its value."""
        self._values[name] = value

    def type_of(self, name: str) -> str:
        """The declared type of a variable."""
        return self._types.get(name, "string")

    def get(self, expression: str) -> str | None:
        """The value of a variable or a function call; None for an unbound variable."""
        if expression in self._values:
            return self._values[expression]
        call = _CALL.fullmatch(expression)
        return self._call(call[1], call[2]) if call else None

    def fill(self, value: Any) -> Any:
        """Replace every reference in the texts of a value, keys included.

        Raises:
            KeyError: A variable is not bound.
        """
        if isinstance(value, str):
            return _REFERENCE.sub(lambda reference: self._required(reference[1]), value)
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, dict):
            return {self.fill(key): self.fill(item) for key, item in value.items()}
        return value

    def _required(self, expression: str) -> str:
        value = self.get(expression)
        if value is None:
            raise KeyError(f"the variable {expression!r} is not bound")
        return value

    def _call(self, function: str, arguments: str) -> str:
        if function in ("lo", "hi"):
            values = [self._required(name) for name in arguments.split(",")]
            return min(values) if function == "lo" else max(values)
        first, *rest = arguments.split("|")
        if function == "repeat":
            return first * int(rest[0])
        if function == "digits":
            seed = hashlib.sha256((self._values["run"] + first).encode()).hexdigest()
            return str(int(seed, 16))[:15]
        if function == "basic":
            return base64.b64encode(arguments.encode()).decode()
        if function == "jwt":
            return self._token(first, *rest)
        if function == "v5":
            name = "".join(self._values.get(part, part) for part in (first, *rest))
            return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
        if function == "mtoken":
            match_id, seconds = rest
            claims: dict[str, Any] = {"exp": int(self._now()) + int(seconds)}
            claims["mid"] = self._values.get(match_id, match_id)
            return _signed({"alg": "HS256", "typ": "JWT"}, claims, first)
        return _CHANGES[function](self._required(first))

    def _token(
        self, secret: str, algorithm: str, uid: str, usn: str, expiry: str, issued: str, tid: str
    ) -> str:
        claims: dict[str, Any] = {
            name: self._values.get(value, value)
            for name, value in (("tid", tid), ("uid", uid), ("usn", usn))
            if value != _NOT_IN_TOKEN
        }
        for name, offset in (("exp", expiry), ("iat", issued)):
            if offset != _NOT_IN_TOKEN:
                claims[name] = int(self._now()) + int(offset)
        return _signed({"alg": algorithm, "typ": "JWT"}, claims, secret)


def _signed(header: Mapping[str, str], claims: Mapping[str, Any], secret: str) -> str:
    text = ".".join(
        _base64(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims)
    )
    if header["alg"] == "none":
        return f"{text}."
    digest = hmac.new(secret.encode(), text.encode(), _DIGESTS[header["alg"]]).digest()
    return f"{text}.{_base64(digest)}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _tampered(token: str) -> str:
    head, _, signature = token.rpartition(".")
    return f"{head}.{'B' if signature.startswith('A') else 'A'}{signature[1:]}"


_CHANGES: Mapping[str, Callable[[str], str]] = {
    "tamper": _tampered,
    "upper": str.upper,
    "nodash": lambda text: text.replace("-", ""),
    "pad": lambda text: f"{text}=",
}
