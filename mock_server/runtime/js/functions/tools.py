"""`nk`: encodings, hashes, ciphers, tokens and schedules."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from typing import Any

from mock_server.cron import BadSchedule, parse_schedule
from mock_server.cron_schedule import CronSchedule
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.js.errors import ScriptGoError, ScriptTypeError
from mock_server.runtime.js.functions.table import Nk
from mock_server.runtime.js.given import Given, json_of
from mock_server.runtime.tools import crypto
from mock_server.runtime.tools.encoding import decode_base64
from mock_server.runtime.tools.time import due
from mock_server.wire import gojson

_DATA = "expects a string or ArrayBuffer object"
_HEX = re.compile("(?:[0-9a-fA-F]{2})*")
_METHODS = ("HS256", "RS256")


def string_to_binary(given: Given, nk: Nk) -> Any:
    """`nk.stringToBinary(text)`."""
    return given.text(0, "expects a string").encode()


def binary_to_string(given: Given, nk: Nk) -> Any:
    """`nk.binaryToString(buffer)`."""
    try:
        return given.buffer(0).decode()
    except UnicodeDecodeError:
        raise ScriptTypeError("expects data to be UTF-8 encoded") from None


def base64_encode(given: Given, nk: Nk) -> Any:
    """`nk.base64Encode(text or buffer, padding?)`."""
    return _padded(given, base64.b64encode(_data(given)))


def base64_url_encode(given: Given, nk: Nk) -> Any:
    """`nk.base64UrlEncode(text or buffer, padding?)`."""
    return _padded(given, base64.urlsafe_b64encode(_data(given)))


def base16_encode(given: Given, nk: Nk) -> Any:
    """`nk.base16Encode(text or buffer)`."""
    return _data(given).hex()


def base64_decode(given: Given, nk: Nk) -> Any:
    """`nk.base64Decode(text, padding?)`."""
    text, is_padded = given.text(0), _padding(given)
    if is_padded:
        text += "=" * (-len(text.encode()) % 4)
    return _decoded(text, is_url=False)


def base64_url_decode(given: Given, nk: Nk) -> Any:
    """`nk.base64UrlDecode(text, padding?)`; here `false` is what allows missing padding."""
    text, is_padded = given.text(0), _padding(given)
    if not is_padded:
        text += "=" * (-len(text.encode()) % 4)
    return _decoded(text, is_url=True)


def base16_decode(given: Given, nk: Nk) -> Any:
    """`nk.base16Decode(text)`."""
    text = given.text(0)
    if not _HEX.fullmatch(text):
        raise _undecodable(text)
    return bytes.fromhex(text)


def md5_hash(given: Given, nk: Nk) -> Any:
    """`nk.md5Hash(text)`."""
    return hashlib.md5(given.text(0).encode(), usedforsecurity=False).hexdigest()


def sha256_hash(given: Given, nk: Nk) -> Any:
    """`nk.sha256Hash(text)`."""
    return hashlib.sha256(given.text(0).encode()).hexdigest()


def hmac_sha256_hash(given: Given, nk: Nk) -> Any:
    """`nk.hmacSha256Hash(text, key)`."""
    data, key = given.text(0).encode(), given.text(1)
    if not key:
        raise ScriptTypeError("key cannot be empty")
    return hmac.digest(key.encode(), data, "sha256")


def rsa_sha256_hash(given: Given, nk: Nk) -> Any:
    """`nk.rsaSha256Hash(text, key)`: the raw bytes as a text, so that most of them are lost."""
    data, key = given.text(0).encode(), given.text(1)
    if not key:
        raise ScriptTypeError("key cannot be empty")
    try:
        return crypto.rsa_sign(data, key.encode()).decode(errors="replace")
    except ValueError as error:
        raise ScriptGoError(f"error parsing key: {error}") from None


def aes128_encrypt(given: Given, nk: Nk) -> Any:
    """`nk.aes128Encrypt(text, key)`."""
    return _encrypted(given, 16)


def aes256_encrypt(given: Given, nk: Nk) -> Any:
    """`nk.aes256Encrypt(text, key)`."""
    return _encrypted(given, 32)


def aes128_decrypt(given: Given, nk: Nk) -> Any:
    """`nk.aes128Decrypt(base64, key)`."""
    return _decrypted(given, 16)


def aes256_decrypt(given: Given, nk: Nk) -> Any:
    """`nk.aes256Decrypt(base64, key)`."""
    return _decrypted(given, 32)


def bcrypt_hash(given: Given, nk: Nk) -> Any:
    """`nk.bcryptHash(text)`."""
    return crypto.bcrypt_hash(given.text(0).encode())


def bcrypt_compare(given: Given, nk: Nk) -> Any:
    """`nk.bcryptCompare(hash, text)`."""
    expected = given.filled(0, "hash cannot be empty", "expects string")
    return crypto.bcrypt_compare(
        expected.encode(), given.filled(1, "plaintext cannot be empty", "expects string").encode()
    )


def jwt_generate(given: Given, nk: Nk) -> Any:
    """`nk.jwtGenerate(algorithm, key, claims)`."""
    method = given.text(0)
    if method not in _METHODS:
        raise ScriptTypeError("unsupported algo type - only allowed 'HS256', 'RS256'.")
    key = given.filled(1, "signing key cannot be empty", "expects string")
    claims = json_of(given.object(2, "claims must be an object"), "failed to sign token: {}")
    return crypto.signed_token(method, key.encode(), gojson.marshal(claims))


def uuidv4(given: Given, nk: Nk) -> Any:
    """`nk.uuidv4()`."""
    return nk("uuid_v4")


def secure_random_bytes(given: Given, nk: Nk) -> Any:
    """`nk.secureRandomBytes(count)`."""
    count = given.integer(0)
    if not 1 <= count <= 1000:
        raise ScriptTypeError("count must be 1-1000")
    return secrets.token_bytes(count)


def cron_next(given: Given, nk: Nk) -> Any:
    """`nk.cronNext(expression, timestamp)`."""
    schedule, after = _schedule(given)
    return due(schedule.next, after)


def cron_prev(given: Given, nk: Nk) -> Any:
    """`nk.cronPrev(expression, timestamp)`."""
    schedule, before = _schedule(given)
    return due(schedule.last, before)


def _schedule(given: Given) -> tuple[CronSchedule, int]:
    expression, timestamp = given.text(0), given.integer(1)
    try:
        return parse_schedule(expression), timestamp
    except BadSchedule:
        raise ScriptTypeError("expects a valid cron string") from None


def _data(given: Given) -> bytes:
    value = given.value(0)
    if isinstance(value, bytes):
        return value
    return given.text(0, _DATA).encode()


def _padding(given: Given) -> bool:
    """The optional second argument; null is no boolean."""
    return given.defined(1, given.flag, True)


def _padded(given: Given, encoded: bytes) -> str:
    text = encoded.decode()
    return text if _padding(given) else text.rstrip("=")


def _decoded(text: str, *, is_url: bool) -> bytes:
    try:
        return decode_base64(text.encode(), "", is_url=is_url)
    except ModuleError:
        raise _undecodable(text) from None


def _undecodable(text: str) -> ScriptGoError:
    return ScriptGoError(f"Failed to decode string: {text}")


def _key(given: Given, size: int) -> bytes:
    key = given.text(1).encode()
    if len(key) != size:
        raise ScriptGoError(f"expects key {size} bytes long")
    return key


def _encrypted(given: Given, size: int) -> str:
    data = given.text(0).encode()
    return base64.b64encode(crypto.aes_encrypt(data, _key(given, size))).decode()


def _decrypted(given: Given, size: int) -> str:
    text = given.text(0)
    key = _key(given, size)
    try:
        data = decode_base64(text.encode(), "error decoding cipher text")
    except ModuleError as error:
        raise ScriptGoError(error.message) from None
    return crypto.aes_decrypt(data, key).decode(errors="replace")
