"""`nk.md5_hash`, `nk.aes128_*` and the other functions for hashes, ciphers and signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import importlib
import secrets
from typing import Any

import bcrypt

from mock_server.runtime.arguments import Arguments, object_json, to_text
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import PureFunctions

_PKCS1, _PKCS8 = "PKCS1", "PKCS8"
_LABELS = {_PKCS1: b"BEGIN RSA PRIVATE KEY", _PKCS8: b"BEGIN PRIVATE KEY"}
_BLOCK = 16
_BCRYPT_ROUNDS = 4  # Nakama's 13 take half a second, and a test server guards nothing
_BCRYPT_LIMIT = 72
_BCRYPT_HASH_LENGTH = 59
_BCRYPT_SALT = 22
_BCRYPT_DIGITS = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class CryptoFunctions(PureFunctions):
    """Hash, encrypt and sign."""

    def secure_random_bytes(self, count: Any = None) -> str:
        """Random bytes, fit for secrets.

        Args:
            count: How many, 1 to 1000.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("secure_random_bytes", count)
        size = given.integer(1)
        if not 1 <= size <= 1000:
            raise given.error(1, "count must be 1-1000")
        return to_text(secrets.token_bytes(size))

    def md5_hash(self, text: Any = None) -> str:
        """The MD5 hash as hex digits.

        Raises:
            ModuleError: A bad argument.
        """
        data = Arguments("md5_hash", text).data(1, "expects input string")
        return hashlib.md5(data, usedforsecurity=False).hexdigest()

    def sha256_hash(self, text: Any = None) -> str:
        """The SHA-256 hash as hex digits.

        Raises:
            ModuleError: A bad argument.
        """
        return hashlib.sha256(
            Arguments("sha256_hash", text).data(1, "expects input string")
        ).hexdigest()

    def hmac_sha256_hash(self, text: Any = None, key: Any = None) -> str:
        """The HMAC-SHA-256 of a text, as 32 bytes.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("hmac_sha256_hash", text, key)
        data = given.data(1, "expects input string")
        return to_text(hmac.digest(given.data(2, "expects key string"), data, "sha256"))

    def rsa_sha256_hash(self, text: Any = None, key: Any = None) -> str:
        """The RSA signature (PKCS #1 v1.5) of a text's SHA-256 hash, as bytes.

        Args:
            text: What is signed.
            key: An RSA private key, PKCS #1 in PEM.

        Raises:
            ModuleError: A bad argument or key.
        """
        given = Arguments("rsa_sha256_hash", text, key)
        data = given.data(1, "expects input string")
        pem = given.data(2, "expects key string")
        try:
            return to_text(rsa_sign(data, pem))
        except ValueError as error:
            raise ModuleError(f"error parsing key: {error}") from None

    def aes128_encrypt(self, text: Any = None, key: Any = None) -> str:
        """Encrypt with AES in CFB mode; the random vector is the first 16 bytes of the result.

        As in Nakama, the text is filled up with blanks to a multiple of four bytes.

        Raises:
            ModuleError: A bad argument, or a key that is not 16 bytes long.
        """
        return _aes_encrypt(Arguments("aes128_encrypt", text, key), 16)

    def aes128_decrypt(self, text: Any = None, key: Any = None) -> str:
        """Decrypt what `aes128_encrypt` returned.

        Raises:
            ModuleError: A bad argument, or a key that is not 16 bytes long.
        """
        return _aes_decrypt(Arguments("aes128_decrypt", text, key), 16)

    def aes256_encrypt(self, text: Any = None, key: Any = None) -> str:
        """As `aes128_encrypt`, with a key of 32 bytes.

        Raises:
            ModuleError: A bad argument, or a key that is not 32 bytes long.
        """
        return _aes_encrypt(Arguments("aes256_encrypt", text, key), 32)

    def aes256_decrypt(self, text: Any = None, key: Any = None) -> str:
        """Decrypt what `aes256_encrypt` returned.

        Raises:
            ModuleError: A bad argument, or a key that is not 32 bytes long.
        """
        return _aes_decrypt(Arguments("aes256_decrypt", text, key), 32)

    def bcrypt_hash(self, text: Any = None) -> str:
        """The bcrypt hash of a text of up to 72 bytes.

        Raises:
            ModuleError: A bad argument, or a longer text.
        """
        return bcrypt_hash(Arguments("bcrypt_hash", text).data(1, "expects string"))

    def bcrypt_compare(self, hashed: Any = None, text: Any = None) -> bool:
        """Tell whether a text is the one that was hashed.

        Raises:
            ModuleError: A bad argument, or no bcrypt hash.
        """
        given = Arguments("bcrypt_compare", hashed, text)
        return bcrypt_compare(given.data(1, "expects string"), given.data(2, "expects string"))

    def jwt_generate(self, algorithm: Any = None, key: Any = None, claims: Any = None) -> str:
        """Sign claims as a JSON Web Token.

        Args:
            algorithm: `HS256` or `RS256`.
            key: The secret, or an RSA private key (PKCS #8 in PEM).
            claims: A table.

        Raises:
            ModuleError: A bad argument or key.
        """
        given = Arguments("jwt_generate", algorithm, key, claims)
        method = given.filled_text(1, "expects string")
        if method not in ("HS256", "RS256"):
            raise given.error(1, "unsupported algo type - only allowed 'HS256', 'RS256'.")
        secret = given.data(2, "expects string")
        table = given.table(3)
        return signed_token(method, secret, object_json(table if isinstance(table, dict) else {}))


def bcrypt_hash(data: bytes) -> str:
    """The bcrypt hash of up to 72 bytes.

    Raises:
        ModuleError: There are more.
    """
    if len(data) > _BCRYPT_LIMIT:
        raise ModuleError("error hashing input: bcrypt: password length exceeds 72 bytes")
    return bcrypt.hashpw(data, bcrypt.gensalt(_BCRYPT_ROUNDS, prefix=b"2a")).decode()


def bcrypt_compare(expected: bytes, data: bytes) -> bool:
    """Tell whether these are the bytes that were hashed.

    Raises:
        ModuleError: `expected` is no bcrypt hash.
    """
    if len(expected) < _BCRYPT_HASH_LENGTH:
        return False
    problem = _bcrypt_problem(expected)
    if problem:
        raise ModuleError(f"error comparing hash and plaintext: {problem}")
    try:
        return bcrypt.checkpw(data[:_BCRYPT_LIMIT], expected)
    except ValueError:  # an old form that Go reads; nobody has such a hash
        return False


def _bcrypt_problem(hashed: bytes) -> str:
    """What Go says of a text that is no bcrypt hash; nothing, where it is one."""
    version, rest = chr(hashed[1]), hashed[3:] if hashed[2:3] == b"$" else hashed[4:]
    cost, salt = to_text(rest[:2]), rest[3 : 3 + _BCRYPT_SALT]
    if hashed[:1] != b"$":
        return (
            "crypto/bcrypt: bcrypt hashes must start with '$', but hashedSecret started with "
            f"'{chr(hashed[0])}'"
        )
    if version > "2":
        return (
            f"crypto/bcrypt: bcrypt algorithm version '{version}' requested is newer than current "
            "version '2'"
        )
    if not (cost.isascii() and cost.isdigit()):
        return f'strconv.Atoi: parsing "{cost}": invalid syntax'
    if not 4 <= int(cost) <= 31:
        return f"crypto/bcrypt: cost {int(cost)} is outside allowed inclusive range 4..31"
    stray = [place for place, byte in enumerate(salt) if byte not in _BCRYPT_DIGITS]
    return f"illegal base64 data at input byte {stray[0]}" if stray else ""


def signed_token(method: str, key: bytes, payload: str) -> str:
    """A JSON Web Token.

    Args:
        method: `HS256` or `RS256`.
        key: The secret, or an RSA private key (PKCS #8 in PEM).
        payload: The claims as JSON text.

    Raises:
        ModuleError: A bad key.
    """
    header = f'{{"alg":"{method}","typ":"JWT"}}'
    unsigned = f"{_base64url(header.encode())}.{_base64url(payload.encode())}"
    return f"{unsigned}.{_base64url(_token_signature(method, unsigned.encode(), key))}"


def _token_signature(method: str, data: bytes, key: bytes) -> bytes:
    if method == "HS256":
        return hmac.digest(key, data, "sha256")
    try:
        return rsa_sign(data, key, kind=_PKCS8)
    except ValueError as error:
        raise ModuleError(f"could not parse private key: {error}") from None


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _cryptography(name: str) -> Any:
    try:
        return importlib.import_module(f"cryptography.hazmat.{name}")
    except ImportError:
        raise ModuleError(
            "this runtime function needs cryptography: pip install 'nakama-client[lua]'"
        ) from None


def rsa_sign(data: bytes, key: bytes, *, kind: str = _PKCS1) -> bytes:
    """The RSA signature (PKCS #1 v1.5) of the SHA-256 hash.

    Raises:
        ModuleError: There is no key.
        ValueError: It can't be read, or is of the other kind (PKCS #8 in PEM).
    """
    if b"-----BEGIN" not in key:
        raise ModuleError("could not parse private key: no valid blocks found")
    other = _PKCS8 if kind == _PKCS1 else _PKCS1
    if _LABELS[other] in key:
        raise ValueError(
            f"x509: failed to parse private key (use Parse{other}PrivateKey instead for this key "
            "format)"
        )
    serialization = _cryptography("primitives.serialization")
    padding = _cryptography("primitives.asymmetric.padding")
    hashes = _cryptography("primitives.hashes")
    try:
        private = serialization.load_pem_private_key(key, password=None)
        signature: bytes = private.sign(data, padding.PKCS1v15(), hashes.SHA256())
    except TypeError as error:  # a key behind a password
        raise ValueError(str(error)) from None
    return signature


def _aes_key(given: Arguments, size: int) -> bytes:
    key = given.data(2, f"expects key {size} bytes long")
    if len(key) != size:
        raise given.error(2, f"expects key {size} bytes long")
    return key


def _aes_encrypt(given: Arguments, size: int) -> str:
    data = given.data(1, "expects string")
    return to_text(aes_encrypt(data, _aes_key(given, size)))


def _aes_decrypt(given: Arguments, size: int) -> str:
    data = given.data(1, "expects string")
    return to_text(aes_decrypt(data, _aes_key(given, size)))


def aes_encrypt(data: bytes, key: bytes) -> bytes:
    """AES in CFB mode; the random vector comes first, and blanks fill up to four bytes."""
    vector = secrets.token_bytes(_BLOCK)
    data += b" " * (-len(data) % 4)
    encryptor = _cfb(key, vector).encryptor()
    return bytes(vector + encryptor.update(data) + encryptor.finalize())


def aes_decrypt(data: bytes, key: bytes) -> bytes:
    """The other way; the blanks stay.

    Raises:
        ModuleError: There is not even the vector.
    """
    if len(data) < _BLOCK:
        raise ModuleError("input too short")
    decryptor = _cfb(key, data[:_BLOCK]).decryptor()
    return bytes(decryptor.update(data[_BLOCK:]) + decryptor.finalize())


def _cfb(key: bytes, vector: bytes) -> Any:
    try:
        mode = _cryptography("decrepit.ciphers.modes").CFB(vector)
    except (ModuleError, AttributeError):  # it moved there
        mode = _cryptography("primitives.ciphers.modes").CFB(vector)
    algorithm = _cryptography("primitives.ciphers.algorithms").AES(key)
    return _cryptography("primitives.ciphers").Cipher(algorithm, mode)
