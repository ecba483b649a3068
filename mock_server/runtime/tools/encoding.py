"""`nk.json_*`, `nk.base64*`, `nk.base16_*`, `nk.uuid_*`."""

from __future__ import annotations

import base64
import re
import uuid
from typing import Any

from mock_server.runtime.arguments import Arguments, to_text
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import PureFunctions
from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError
from mock_server.wire.strconv import escape_char
from mock_server.wire.uuids import parse_uuid

_BASE64 = re.compile(rb"[A-Za-z0-9+/]*")
_BASE64_URL = re.compile(rb"[A-Za-z0-9_-]*")
_HEX = re.compile(r"[0-9a-fA-F]*")


class EncodingFunctions(PureFunctions):
    """Encode and decode texts."""

    def json_encode(self, value: Any = None) -> str:
        """Encode a value as JSON text, as Go does.

        Raises:
            ModuleError: It holds something that JSON does not have.
        """
        if callable(value):  # a function of Lua
            value = f"function: {id(value):#x}"
        try:
            return gojson.marshal(value)
        except (TypeError, ValueError) as error:
            raise ModuleError(f"error encoding to JSON: {error}") from None

    def json_decode(self, text: Any = None) -> Any:
        """Decode JSON text.

        Raises:
            ModuleError: It is missing or no JSON.
        """
        given = Arguments("json_decode", text)
        try:
            return gojson.unmarshal(given.data(1, "expects JSON string"))
        except DecodeError as error:
            raise ModuleError(f"not a valid JSON string: {error}") from None

    def base64_encode(self, text: Any = None, padding: Any = None) -> str:
        """Encode as base64, with `=` at the end unless `padding` is False.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("base64_encode", text, padding)
        encoded = base64.b64encode(given.data(1, "expects string")).decode()
        return encoded if given.optional_flag(2, default=True) else encoded.rstrip("=")

    def base64_decode(self, text: Any = None, padding: Any = None) -> str:
        """Decode base64; `=` may be missing at the end unless `padding` is False.

        Raises:
            ModuleError: A bad argument, or no base64.
        """
        given = Arguments("base64_decode", text, padding)
        data = given.data(1, "expects string")
        if given.optional_flag(2, default=True):
            data += b"=" * (-len(data) % 4)
        return to_text(decode_base64(data, "not a valid base64 string"))

    def base64url_encode(self, text: Any = None, padding: Any = None) -> str:
        """Encode as URL-safe base64, with `=` at the end unless `padding` is False.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("base64url_encode", text, padding)
        encoded = base64.urlsafe_b64encode(given.data(1, "expects string")).decode()
        return encoded if given.optional_flag(2, default=True) else encoded.rstrip("=")

    def base64url_decode(self, text: Any = None, padding: Any = None) -> str:
        """Decode URL-safe base64; `=` may be missing at the end unless `padding` is True.

        Raises:
            ModuleError: A bad argument, or no base64.
        """
        given = Arguments("base64url_decode", text, padding)
        data = given.data(1, "expects string")
        if not given.optional_flag(2):
            data += b"=" * (-len(data) % 4)
        return to_text(decode_base64(data, "not a valid base64 url string", is_url=True))

    def base16_encode(self, text: Any = None) -> str:
        """Encode as lower-case hex digits.

        Raises:
            ModuleError: A bad argument.
        """
        return Arguments("base16_encode", text).data(1, "expects string").hex()

    def base16_decode(self, text: Any = None) -> str:
        """Decode hex digits.

        Raises:
            ModuleError: A bad argument, or no hex digits.
        """
        digits = Arguments("base16_decode", text).data(1, "expects string").decode("latin-1")
        valid = _HEX.match(digits)
        if valid is not None and valid.end() < len(digits):
            stray = digits[valid.end()]  # a byte, which Go shows as the character of that number
            name = f"U+{ord(stray):04X} '{escape_char(stray)}'"
            raise ModuleError(f"not a valid base16 string: encoding/hex: invalid byte: {name}")
        if len(digits) % 2:
            raise ModuleError("not a valid base16 string: encoding/hex: odd length hex string")
        return to_text(bytes.fromhex(digits))

    def uuid_v4(self) -> str:
        """A fresh random uuid."""
        return str(uuid.uuid4())

    def uuid_bytes_to_string(self, data: Any = None) -> str:
        """The usual text of a uuid's 16 bytes.

        Raises:
            ModuleError: Not 16 bytes.
        """
        given = Arguments("uuid_bytes_to_string", data)
        raw = given.data(1, "expects a UUID byte string")
        if len(raw) != 16:
            raise given.error(1, "not a valid UUID byte string")
        return str(uuid.UUID(bytes=raw))

    def uuid_string_to_bytes(self, text: Any = None) -> str:
        """The 16 bytes of a uuid.

        Raises:
            ModuleError: No uuid.
        """
        given = Arguments("uuid_string_to_bytes", text)
        value = parse_uuid(given.filled_text(1, "expects a UUID string"))
        if value is None:
            raise given.error(1, "not a valid UUID string")
        return to_text(uuid.UUID(value).bytes)


def decode_base64(data: bytes, refusal: str, *, is_url: bool = False) -> bytes:
    """Decode base64 as strictly as Go's decoders, which name the first byte that is wrong.

    As there, ends of lines count for nothing.

    Raises:
        ModuleError: It is none; the message begins with `refusal`.
    """
    plain = data.translate(None, b"\r\n")
    digits = plain.rstrip(b"=") if len(plain) % 4 == 0 else plain
    alphabet = _BASE64_URL if is_url else _BASE64
    if len(plain) % 4 or len(plain) - len(digits) > 2 or not alphabet.fullmatch(digits):
        place = _wrong_byte(data, b"-_" if is_url else b"+/")
        raise ModuleError(f"{refusal}: illegal base64 data at input byte {place}")
    return base64.b64decode(plain, altchars=b"-_" if is_url else b"+/")


def _wrong_byte(data: bytes, specials: bytes) -> int:
    """Which byte Go names of a text that is no base64.

    Of four digits that are not complete it names the first; of padding that ends too early the
    end of the text.
    """
    count = 0  # digits so far of the present four
    for place, byte in enumerate(data):
        if byte in b"\r\n":
            continue
        if byte == ord("="):
            return _wrong_padding(data, place, count)
        if not (chr(byte).isalnum() and byte < 128) and byte not in specials:
            return place
        count = (count + 1) % 4
    return len(data) - count


def _wrong_padding(data: bytes, first: int, count: int) -> int:
    """Which byte is wrong at or behind the first `=`, which follows so many digits of four."""
    if count < 2:
        return first
    rest = data[first + 1 :].lstrip(b"\r\n")
    place = len(data) - len(rest)
    if count == 2:
        if not rest.startswith(b"="):
            return place - 1 if rest else place
        place = len(data) - len(rest[1:].lstrip(b"\r\n"))
    return place
