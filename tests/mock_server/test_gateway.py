"""What becomes of a request before a feature sees it: path, query, form, encoding, credentials."""

import gzip
import zlib
from typing import Any

import pytest
from yarl import URL

from mock_server import Context
from tests.mock_server.players import Player, sign_up

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def _post(player: Player, path: str, data: bytes, **headers: str) -> tuple[int, object]:
    async with player.http.post(
        player.server.http_url + path, data=data, headers={**player.headers, **headers}
    ) as answer:
        return answer.status, await answer.json()


async def _get(player: Player, path: str) -> tuple[int, Any]:
    url = URL(player.server.http_url + path, encoded=True)
    async with player.http.get(url, headers=player.headers) as answer:
        return answer.status, await answer.json()


@pytest.mark.asyncio
async def test_a_field_of_the_path_is_not_read_from_the_query(ada: Player) -> None:
    status, answer = await ada.call("GET", "/v2/iap/subscription/gold?product_id=a&product_id=b")
    assert (status, answer) == (404, {"code": 5, "message": "subscription not found"})
    assert list(ada.server.journal)[-1].ignored == ("query: product_id",)


@pytest.mark.asyncio
async def test_a_form_is_a_query_where_the_body_is_none(ada: Player) -> None:
    friend = await sign_up(ada.http, ada.server, "bob")
    assert await _post(ada, "/v2/friend", f"ids={friend.user_id}".encode(), **FORM) == (200, {})
    assert await friend.inbox() == ["ada wants to add you as a friend"]
    status, answer = await _post(ada, "/v2/friend?ids=x", b"ids=y", **FORM)
    assert (status, answer) == (400, {"code": 3, "message": "Invalid user ID 'y'."})


@pytest.mark.asyncio
async def test_a_form_may_ask_what_is_else_got(ada: Player) -> None:
    status, answer = await _post(ada, "/v2/user", f"ids={ada.user_id}".encode(), **FORM)
    assert status == 200
    assert answer == (await ada.call("GET", f"/v2/user?ids={ada.user_id}"))[1]
    assert (await _post(ada, "/v2/user", b"{}"))[0] == 501
    assert (await _post(ada, "/v2/nothing", b"", **FORM))[0] == 404


@pytest.mark.asyncio
async def test_json_is_read_whatever_it_is_called(ada: Player) -> None:
    event = b'{"name":5}'
    for kind in ("application/x-www-form-urlencoded", "text/plain", "application/xml"):
        assert (await _post(ada, "/v2/event", event, **{"Content-Type": kind}))[0] == 400


@pytest.mark.asyncio
async def test_a_body_that_nobody_reads_may_be_anything(ada: Player) -> None:
    async with ada.http.delete(
        f"{ada.server.http_url}/v2/notification",
        data=b"x" * 300_000,
        headers={**ada.headers, "Content-Encoding": "gzip"},
    ) as answer:
        assert (answer.status, await answer.json()) == (200, {})


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("encoding", "body", "message"),
    [
        ("deflate", zlib.compress(b'{"name":"e"}'), "flate: corrupt input before offset 5"),
        ("deflate", b"\x07", "flate: corrupt input before offset 1"),
        ("gzip", gzip.compress(b'{"name":"e"}', mtime=0)[:-12], "unexpected EOF"),
        ("gzip", gzip.compress(b'{"name":"e"}', mtime=0)[:-8] + bytes(8), "gzip: invalid checksum"),
    ],
)
async def test_a_corrupt_body_is_refused_as_go_does(
    ada: Player, encoding: str, body: bytes, message: str
) -> None:
    header = {"Content-Encoding": encoding}
    assert await _post(ada, "/v2/event", body, **header) == (400, {"code": 3, "message": message})
    ada.server.rpc("echo")(lambda context, payload: payload)
    text = "Internal Server Error"
    assert await _post(ada, "/v2/rpc/echo", body, **header) == (
        500,
        {"error": text, "message": text, "code": 13},
    )


@pytest.mark.asyncio
@pytest.mark.parametrize("given", ["", "bearer x", "Basic", "Basic eA==", "Bearer "])
async def test_rpc_takes_any_authorization_header_for_a_token(ada: Player, given: str) -> None:
    ada.server.rpc("echo")(lambda context, payload: payload)
    status, answer = await _post(ada, "/v2/rpc/echo", b"", Authorization=given)
    text = "Auth token invalid"
    assert (status, answer) == (401, {"error": text, "message": text, "code": 16})


@pytest.mark.asyncio
async def test_a_key_that_is_no_text_is_a_wrong_key(ada: Player) -> None:
    given = "Basic " + "/zo="  # the byte 0xff, and a colon
    status, answer = await _post(ada, "/v2/rpc/echo", b"", Authorization=given)
    text = "HTTP key invalid"
    assert (status, answer) == (401, {"error": text, "message": text, "code": 16})


@pytest.mark.asyncio
async def test_rpc_passes_on_the_parameters_that_can_be_read(ada: Player) -> None:
    seen = []

    @ada.server.rpc("look")
    def look(context: Context, payload: str) -> str:
        seen.append(context.query_params)
        return ""

    url = f"{ada.server.http_url}/v2/rpc/look?a=1&b=%zz&c;d=2&e=%20&a=3&http_key=defaulthttpkey"
    async with ada.http.get(URL(url, encoded=True)) as answer:
        assert answer.status == 200
    assert seen == [{"a": ["1", "3"], "e": [" "]}]


@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["/v2/%zz", "/v2/rpc/%", "/%1"])
async def test_a_path_that_cannot_be_read_ends_the_connection(ada: Player, path: str) -> None:
    url = URL(ada.server.http_url + path, encoded=True)
    async with ada.http.get(url) as answer:
        assert (answer.status, await answer.text()) == (400, "400 Bad Request")
        assert answer.headers["Connection"] == "close"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("path", "status"), [("/", 200), ("/healthcheck", 200), ("//x", 301), ("/ws", 401), ("/x", 404)]
)
async def test_a_page_of_any_origin_may_read_every_answer(
    ada: Player, path: str, status: int
) -> None:
    async with ada.http.get(
        ada.server.http_url + path, headers={"Origin": "http://game"}, allow_redirects=False
    ) as answer:
        assert answer.status == status
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


NO_UTF8 = {
    "code": 13,
    "message": "grpc: error while marshaling: string field contains invalid UTF-8",
}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2/user?usernames=a&usernames=%ff"),
        ("DELETE", "/v2/group/%ff"),
        ("GET", "/v2/channel/2...room?cursor=%c3"),
        ("POST", "/v2/account/authenticate/device?username=%ff"),
    ],
)
async def test_a_text_of_the_url_that_is_no_utf8_is_an_internal_error_before_any_login(
    ada: Player, method: str, path: str
) -> None:
    url = URL(ada.server.http_url + path, encoded=True)
    async with ada.http.request(method, url) as answer:
        assert (answer.status, await answer.json()) == (500, NO_UTF8)


@pytest.mark.asyncio
async def test_a_number_that_is_no_utf8_is_quoted_by_its_bytes(ada: Player) -> None:
    status, answer = await _get(ada, "/v2/friend?limit=%ff")
    text = r'parsing field "limit": strconv.ParseInt: parsing "\xff": invalid syntax'
    assert (status, answer) == (400, {"code": 3, "message": text})


@pytest.mark.asyncio
@pytest.mark.parametrize("query", ["a=%zz", "%zz=1", "a=1;b=2"])
async def test_a_malformed_query_is_refused_only_where_a_query_is_read(
    ada: Player, query: str
) -> None:
    status, _ = await _get(ada, f"/v2/account?{query}")
    assert status == 200
    status, _ = await _get(ada, f"/healthcheck?{query}")
    assert status == 200
    status, _ = await _get(ada, f"/v2/friend?{query}")
    assert status == 400


@pytest.mark.asyncio
async def test_only_the_first_accept_encoding_header_counts(ada: Player) -> None:
    headers = [("Accept-Encoding", "br"), ("Accept-Encoding", "gzip")]
    async with ada.http.get(f"{ada.server.http_url}/healthcheck", headers=headers) as answer:
        assert "Content-Encoding" not in answer.headers
    async with ada.http.get(f"{ada.server.http_url}/healthcheck", headers=headers[1:]) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"


@pytest.mark.asyncio
async def test_a_token_that_is_no_printable_ascii_is_an_internal_error(ada: Player) -> None:
    text = 'header key "authorization" contains value with non-printable ASCII characters'
    headers = {"Authorization": "Bearer é"}
    async with ada.http.get(f"{ada.server.http_url}/healthcheck", headers=headers) as answer:
        assert (answer.status, await answer.json()) == (500, {"code": 13, "message": text})
    async with ada.http.get(f"{ada.server.http_url}/v2/rpc/x", headers=headers) as answer:
        assert answer.status == 401  # served without gRPC
