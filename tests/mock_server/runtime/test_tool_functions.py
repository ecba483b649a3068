"""Runtime functions that know no feature: encodings, hashes, ciphers, tokens, time, log."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from mock_server import MockServer, ModuleError
from mock_server.runtime.nk import FunctionTable, Nakama
from mock_server.runtime.registrations import Registrations
from mock_server.runtime.tools.crypto import CryptoFunctions
from mock_server.runtime.tools.encoding import EncodingFunctions
from mock_server.runtime.tools.logger import LoggerFunctions
from mock_server.runtime.tools.time import TimeFunctions
from server_kit import Clock
from tests.mock_server.runtime.game import EVAL, serving


@pytest_asyncio.fixture
async def nk() -> AsyncIterator[Nakama]:
    async with MockServer(clock=Clock(stopped_at=1_800_000_000.25)) as server:
        yield server.nk


def _nk() -> Nakama:
    """Functions that touch nothing of a server, without one."""
    tools = (CryptoFunctions(), EncodingFunctions(), LoggerFunctions(), TimeFunctions(Clock()))
    return Nakama(FunctionTable(tools), Registrations())


def _text(data: bytes) -> str:
    return data.decode(errors="surrogateescape")


BYTES = st.binary(min_size=1).map(_text)


@given(BYTES)
def test_what_is_encoded_is_decoded_again(text: str) -> None:
    nk = _nk()
    assert nk.base64_decode(nk.base64_encode(text)) == text
    assert nk.base64_decode(nk.base64_encode(text, False)) == text
    assert nk.base64url_decode(nk.base64url_encode(text)) == text
    assert nk.base64url_decode(nk.base64url_encode(text, False)) == text
    assert nk.base16_decode(nk.base16_encode(text)) == text


@given(BYTES, st.sampled_from([("128", 16), ("256", 32)]))
def test_what_is_encrypted_is_decrypted_again(text: str, cipher: tuple[str, int]) -> None:
    nk, (bits, size) = _nk(), cipher
    encrypted = getattr(nk, f"aes{bits}_encrypt")(text, "k" * size)
    decrypted = getattr(nk, f"aes{bits}_decrypt")(encrypted, "k" * size)
    length = len(text.encode(errors="surrogateescape"))
    assert decrypted == text + " " * (-length % 4)  # Nakama fills up to four bytes
    assert encrypted != getattr(nk, f"aes{bits}_encrypt")(text, "k" * size)


@given(st.binary(min_size=1), st.binary(min_size=1))
def test_hashes_are_those_of_everybody(data: bytes, key: bytes) -> None:
    nk, text = _nk(), _text(data)
    assert nk.md5_hash(text) == hashlib.md5(data).hexdigest()
    assert nk.sha256_hash(text) == hashlib.sha256(data).hexdigest()
    signed = nk.hmac_sha256_hash(text, _text(key))
    assert signed.encode(errors="surrogateescape") == hmac.digest(key, data, "sha256")


_NOT_ENCODED = {
    "json_decode": ["x", "{", "1 2", "\x00"],
    "base64_decode": ["a", "ab=c", "a-b_", "====", "abc$"],
    "base64url_decode": ["a", "a+b/", "abc$"],
    "base16_decode": ["abc", "zz", "12 4"],
}


@pytest.mark.parametrize(
    ("function", "text"),
    [(function, text) for function, texts in _NOT_ENCODED.items() for text in texts],
)
def test_what_is_not_encoded_is_refused(function: str, text: str) -> None:
    with pytest.raises(ModuleError, match="not a valid "):
        getattr(_nk(), function)(text)


@pytest.mark.parametrize(
    ("text", "byte"),
    [
        ("a", 0),
        ("abc", 0),
        ("YWJjab", 4),
        ("YQ=", 3),
        ("YQ=a", 2),
        ("YQ==YQ==", 4),
        ("YWI=\nYQ==", 5),
        ("Y=Jj", 1),
        ("YW\nJj!", 5),
    ],
)
def test_base64_names_the_byte_that_go_names(text: str, byte: int) -> None:
    with pytest.raises(ModuleError) as caught:
        _nk().base64_decode(text, False)
    assert (
        str(caught.value) == f"not a valid base64 string: illegal base64 data at input byte {byte}"
    )


def test_base16_names_the_byte_not_the_letter() -> None:
    with pytest.raises(ModuleError) as caught:
        _nk().base16_decode("ÿ")
    assert str(caught.value).endswith("invalid byte: U+00C3 'Ã'")


def test_refusals_name_the_byte() -> None:
    with pytest.raises(ModuleError) as caught:
        _nk().base64_decode("abc$")
    assert str(caught.value) == ("not a valid base64 string: illegal base64 data at input byte 3")
    with pytest.raises(ModuleError) as caught:
        _nk().base16_decode("0g")
    assert str(caught.value) == (
        "not a valid base16 string: encoding/hex: invalid byte: U+0067 'g'"
    )


def test_uuid_functions_make_and_convert_uuids() -> None:
    nk = _nk()
    one, other = nk.uuid_v4(), nk.uuid_v4()
    assert one != other
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", one)
    data = nk.uuid_string_to_bytes(one)
    assert len(data.encode(errors="surrogateescape")) == 16
    assert nk.uuid_bytes_to_string(data) == one


def test_json_functions_write_and_read_as_go_does() -> None:
    nk = _nk()
    value = {"b": [1, 2.5, None, True], "a": "<ü>", "n": 1e21}
    assert nk.json_encode(value) == ('{"a":"\\u003cü\\u003e","b":[1,2.5,null,true],"n":1e+21}')
    assert nk.json_decode('{"x": 1.0, "y": [1e2]}') == {"x": 1, "y": [100]}
    with pytest.raises(ModuleError, match="error encoding to JSON"):
        nk.json_encode({"f": print})


def test_bcrypt_compare_accepts_only_the_hashed_password() -> None:
    nk = _nk()
    hashed = nk.bcrypt_hash("secret")
    assert hashed.startswith("$2a$")
    assert nk.bcrypt_compare(hashed, "secret")
    assert not nk.bcrypt_compare(hashed, "Secret")
    assert not nk.bcrypt_compare("short", "secret")
    with pytest.raises(ModuleError, match="password length exceeds 72 bytes"):
        nk.bcrypt_hash("x" * 73)


def _key(form: serialization.PrivateFormat) -> tuple[rsa.RSAPrivateKey, str]:
    key = rsa.generate_private_key(65537, 2048)
    none = serialization.NoEncryption()
    return key, key.private_bytes(serialization.Encoding.PEM, form, none).decode()


def test_rsa_sha256_hash_signs_and_refuses_a_bad_key() -> None:
    key, pem = _key(serialization.PrivateFormat.TraditionalOpenSSL)
    signature = _nk().rsa_sha256_hash("text", pem).encode(errors="surrogateescape")
    key.public_key().verify(signature, b"text", padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(ModuleError, match="could not parse private key: no valid blocks found"):
        _nk().rsa_sha256_hash("text", "no key")
    with pytest.raises(ModuleError, match="error parsing key"):
        _nk().rsa_sha256_hash("text", "-----BEGIN RSA PRIVATE KEY-----\nx\n")
    _, other = _key(serialization.PrivateFormat.PKCS8)
    with pytest.raises(ModuleError, match=r"error parsing key: .*use ParsePKCS8PrivateKey instead"):
        _nk().rsa_sha256_hash("text", other)


def test_jwt_generate_signs_with_hs256_and_rs256() -> None:
    claims = {"sub": "ada", "exp": 4_000_000_000, "n": [1, 2.5]}
    token = _nk().jwt_generate("HS256", "k" * 32, claims)
    assert jwt.decode(token, "k" * 32, algorithms=["HS256"]) == claims
    key, pem = _key(serialization.PrivateFormat.PKCS8)
    token = _nk().jwt_generate("RS256", pem, claims)
    assert jwt.decode(token, key.public_key(), algorithms=["RS256"]) == claims
    _, other = _key(serialization.PrivateFormat.TraditionalOpenSSL)
    with pytest.raises(ModuleError, match=r"could not parse .*use ParsePKCS1PrivateKey instead"):
        _nk().jwt_generate("RS256", other, claims)


def test_a_json_web_token_is_of_gos_json() -> None:
    header, payload, _ = _nk().jwt_generate("HS256", "k" * 32, {"sub": "é<", "n": 2.0}).split(".")
    assert base64.urlsafe_b64decode(header + "==") == b'{"alg":"HS256","typ":"JWT"}'
    assert base64.urlsafe_b64decode(payload + "==") == '{"n":2,"sub":"é\\u003c"}'.encode()


@pytest.mark.asyncio
async def test_the_time_is_that_of_the_servers_clock(nk: Nakama) -> None:
    assert nk.time() == pytest.approx(1_800_000_000_250, abs=1)


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ({"year": 1970, "month": 1, "day": 1, "hour": 0}, 0),
        ({"year": 1970, "month": 1, "day": 2}, 129_600),
        ({"year": 2024, "month": 2, "day": 29, "hour": 23, "min": 59, "sec": 60}, 1_709_251_200),
        ({"year": 2023, "month": 14, "day": 0, "hour": 0}, 1_706_659_200),
    ],
)
def test_time_returns_the_milliseconds_of_a_date(date: dict[str, int], seconds: int) -> None:
    assert _nk().time(date) == seconds * 1000


@pytest.mark.parametrize("year", [0, 10_000, 1e300, float("nan")])
def test_a_date_that_is_too_far_away(year: float) -> None:
    with pytest.raises(ModuleError, match="knows the years 1 to 9999"):
        _nk().time({"year": year, "month": 13, "day": 1e9})


@pytest.mark.parametrize(
    ("expression", "following", "previous"),
    [
        ("0 0 * * *", 1_700_006_400, 1_699_920_000),
        ("*/15 * * * *", 1_700_000_100, 1_699_999_200),
        ("0 12 * * 1", 1_700_481_600, 1_699_876_800),
        ("0 0 1 1 *", 1_704_067_200, 1_672_531_200),
        ("30 0 0 * * * *", 1_700_006_430, 1_699_920_030),
        ("*/10 * * * * 2023", 1_700_000_400, 1_699_999_800),
        ("@daily", 1_700_006_400, 1_699_920_000),
        ("0 0 * december Friday", 1_701_388_800, 1_672_358_400),
        ("0 0 * * 5L", 1_700_784_000, 1_698_364_800),
        ("0 0 L * ?", 1_701_302_400, 1_698_710_400),
        ("0 0 1 1 * 2090", 3_786_912_000, -62_135_596_800),
        ("0 0 31 2 *", -62_135_596_800, -62_135_596_800),
        ("0 0 0 * * * * and more", 1_700_006_400, 1_699_920_000),
    ],
)
def test_cron_next_and_prev_return_the_neighbouring_times(
    expression: str, following: int, previous: int
) -> None:
    assert _nk().cron_next(expression, 1_700_000_000) == following
    assert _nk().cron_prev(expression, 1_700_000_000) == previous


@pytest.mark.parametrize(
    "expression", ["* * * *", "@midnight", "@Daily", "R * * * *", "60 * * * *", "0 0 * * L9", "x"]
)
def test_texts_that_are_no_schedules(expression: str) -> None:
    with pytest.raises(ModuleError, match="expects a valid cron string"):
        _nk().cron_next(expression, 1_700_000_000)


@pytest.mark.parametrize("timestamp", [1e300, float("inf"), -1e18])
def test_before_every_year_the_first_match_is_next(timestamp: float) -> None:
    # What does not fit Go's int64 becomes its least number.
    assert _nk().cron_next("* * * * *", timestamp) == 0


@pytest.mark.parametrize(
    ("function", "level"),
    [
        ("logger_debug", logging.DEBUG),
        ("logger_info", logging.INFO),
        ("logger_warn", logging.WARNING),
        ("logger_error", logging.ERROR),
    ],
)
def test_logger_functions_log_and_return_the_text(
    function: str, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "mock_server.modules")
    assert getattr(_nk(), function)("50 % done") == "50 % done"
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (level, "50 % done")
    ]


_IN_LUA: dict[str, list[Any]] = {
    "return nk.base64_encode('\\0\\255')": [base64.b64encode(b"\0\xff").decode()],
    "return #nk.base64_decode('AP8=')": [2],
    "return nk.base16_encode(nk.hmac_sha256_hash('text', 'key'))": [
        hmac.new(b"key", b"text", "sha256").hexdigest()
    ],
    "return #nk.uuid_string_to_bytes('8d98ee3f-1a5c-4b5a-9a51-1b8a7b2f0c11')": [16],
    "return nk.aes128_decrypt(nk.aes128_encrypt('four', ('k'):rep(16)), ('k'):rep(16))": ["four"],
    "return nk.bcrypt_compare(nk.bcrypt_hash('x'), 'x')": [True],
    "return nk.md5_hash('x'), nk.sha256_hash(1)": [
        hashlib.md5(b"x").hexdigest(),
        hashlib.sha256(b"1").hexdigest(),
    ],
    "return nk.logger_info('said')": ["said"],
}


@pytest.mark.asyncio
async def test_lua_gets_the_same_from_tool_functions(tmp_path: Path) -> None:
    async with serving(tmp_path, {"eval.lua": EVAL}) as game:
        for code, values in _IN_LUA.items():
            assert (code, await game.lua(code)) == (code, values)
        token = (await game.lua("return nk.jwt_generate('HS256', ('k'):rep(32), { a = 1 })"))[0]
        assert json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==")) == {"a": 1}
