"""Whatever comes in, the stub refuses it whole and goes on serving the others."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from onesignal_stub import OneSignalStub
from onesignal_stub.http import MAX_BODY
from tests.inner_loop import examples

from .conftest import Backend

JSON = {"Content-Type": "application/json"}
MISSING = "app_id not found. You may be missing a Content-Type: application/json header."


async def post(backend: Backend, path: str, raw: bytes, **headers: str) -> tuple[int, Any]:
    sent = {"Authorization": f"Key {backend.stub.rest_key}", **headers}
    async with backend.http.post(
        f"{backend.stub.url}{path}", data=io.BytesIO(raw), headers=sent
    ) as answer:
        return answer.status, await answer.json()


@pytest.mark.asyncio
@pytest.mark.parametrize("raw", [b"{", b"[]", b"7", b"\xff", b'{"a": NaN}', b"[" * 100_000])
async def test_a_body_that_is_no_json_object_is_refused(raw: bytes, backend: Backend) -> None:
    status, body = await post(backend, "/notifications", raw, **JSON)
    assert (status, body["status"]) == (400, 400)
    assert body["error"].startswith("There was a problem in the JSON you submitted: ")


@pytest.mark.asyncio
async def test_apps_that_are_missing_malformed_or_unknown(backend: Backend) -> None:
    malformed = "Failed to parse app_id from request (app_id is present but malformed)"
    unknown = "3ea5608a-43c3-11e7-90f9-7b9397165f34"
    for app, status, text in (
        (None, 400, MISSING),
        ("", 400, MISSING),
        ("not a uuid", 400, malformed),
        (7, 400, malformed),
        (["someappid"], 400, malformed),
        (unknown, 403, "Access denied."),
    ):
        answer = await backend("POST", "/notifications", {"app_id": app})
        assert answer.status == status
        assert answer.body["errors"][0].startswith(text)
    answer = await backend("POST", "/players", {"app_id": unknown, "device_type": 1})
    assert answer.status == 404
    assert answer.body == {"errors": [f"App with id: {unknown} does not exist"]}
    answer = await backend("POST", "/players/csv_export")
    assert answer.status == 400
    assert answer.body == {"errors": ["Request is malformed: Failed to parse app_id from request"]}


@pytest.mark.asyncio
async def test_json_wants_its_content_type(backend: Backend) -> None:
    raw = json.dumps({"app_id": backend.stub.app_id, "device_type": 1}).encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert await post(backend, "/players", raw, **form) == (400, {"errors": [MISSING]})
    assert (await post(backend, "/players", raw, **JSON))[0] == 200
    kind = {"Content-Type": "application/vnd.onesignal.v1+json; charset=utf-8"}
    assert (await post(backend, "/players", raw, **kind))[0] == 200


@pytest.mark.asyncio
async def test_an_oversized_body_is_refused_with_413(backend: Backend) -> None:
    raw = json.dumps({"app_id": backend.stub.app_id, "name": "x" * MAX_BODY}).encode()
    status, body = await post(backend, "/notifications", raw, **JSON)
    assert status == 413
    assert str(MAX_BODY) in body["errors"][0]
    await backend.player()


@pytest.mark.asyncio
async def test_create_notification_refuses_too_many_recipient_ids(backend: Backend) -> None:
    answer = await backend.send(include_external_user_ids=[str(n) for n in range(20_001)])
    assert answer.status == 400
    assert "20000" in answer.body["errors"][0]


WORDS = (
    "app_id contents headings data include_player_ids include_aliases included_segments filters"
    " send_after ttl template_id delayed_option delivery_time_of_day idempotency_key"
    " include_external_user_ids target_channel email_subject buttons isIos custom_data"
    " include_phone_numbers device_type identifier tags timezone external_user_id created_at"
    " amount_spent purchases active_time identity properties subscriptions subscription deltas"
    " name events event event_updates event_attributes activity_id push_token subscription_id"
    " extra_fields last_active_since segment_name notification_types lat session_count"
)
FIELDS = st.sampled_from(WORDS.split())
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.sampled_from(["All", "push", "en", "update", "11111111-1111-4111-8111-111111111111"]),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(FIELDS | st.text(max_size=3), inner)
    ),
    max_leaves=6,
)
BODIES = st.dictionaries(FIELDS, VALUES, max_size=6)
PLAYER = "11111111-1111-4111-8111-111111111111"


class Bench:
    """A stub in a thread, for property tests that are synchronous."""

    def __init__(self, stub: OneSignalStub) -> None:
        self.stub = stub
        names = stub.run(self._route_names())
        self.routes = sorted(name for name in names if not name.startswith("GET /csv"))

    async def _route_names(self) -> list[str]:
        return [route.name for route in self.stub._running.routes()]

    def call(self, route: str, raw: bytes) -> int:
        return self.stub.run(self._call(route, raw))

    async def _call(self, route: str, raw: bytes) -> int:
        method, _, path = route.partition(" ")
        path = path.replace("{app_id}", self.stub.app_id).replace("{id}", self.stub.app_id)
        path = path.replace("{alias_label}", "external_id").replace("{alias_id}", "u")
        while "{" in path:
            path = path[: path.index("{")] + PLAYER + path[path.index("}") + 1 :]
        return await self._send(method, f"{path}?app_id={self.stub.app_id}", raw)

    def send(self, method: str, target: str, raw: bytes) -> int:
        return self.stub.run(self._send(method, target, raw))

    async def _send(self, method: str, target: str, raw: bytes) -> int:
        is_account = re.search(r"^/apps(/someappid)?($|\?|/auth)|/organizations|copy_to", target)
        key = self.stub.user_key if is_account else self.stub.rest_key
        headers = {"Authorization": f"Key {key}", **JSON}
        url = URL(f"{self.stub.url}{target}", encoded=True)
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, url, data=raw, headers=headers) as answer,
        ):
            await answer.read()
            return answer.status


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    seed = tmp_path_factory.mktemp("seed") / "seed.json"
    player = {"id": PLAYER, "device_type": 1, "identifier": "t", "external_user_id": "u"}
    seed.write_text(json.dumps({"players": [player]}), encoding="utf-8")
    with OneSignalStub(seed=seed) as stub:
        yield Bench(stub)


PATIENT = settings(
    max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@PATIENT
@given(data=st.data(), body=BODIES)
def test_any_json_to_any_route_is_answered(
    data: st.DataObject, body: dict[str, Any], bench: Bench
) -> None:
    bench.stub.journal.clear()
    route = data.draw(st.sampled_from(bench.routes))
    body.pop("app_id", None)
    status = bench.call(route, json.dumps(body).encode())
    problems = [entry.error for entry in bench.stub.journal.problems()]
    assert (status < 500, problems) == (True, [])


def captured_bodies() -> list[tuple[str, str, dict[str, Any]]]:
    found = []
    for path in sorted((Path(__file__).parent / "captured").glob("python-*.json")):
        for request in json.loads(path.read_text(encoding="utf-8")).values():
            target = request["target"].replace("22222222-2222-4222-8222-222222222222", "someappid")
            if request["body"] is not None:
                body = {**request["body"], "app_id": "someappid"}
                found.append((request["method"], target, body))
    return found


@PATIENT
@given(
    request=st.sampled_from(captured_bodies()),
    changes=st.dictionaries(FIELDS, VALUES, min_size=1, max_size=2),
    spoilt=VALUES,
    data=st.data(),
)
def test_a_real_request_with_something_wrong_in_it_is_answered(
    request: tuple[str, str, dict[str, Any]],
    changes: dict[str, Any],
    spoilt: Any,
    data: st.DataObject,
    bench: Bench,
) -> None:
    bench.stub.journal.clear()
    method, target, body = request
    changed = {**body, data.draw(st.sampled_from(sorted(body))): spoilt, **changes}
    changed["app_id"] = body["app_id"]
    status = bench.send(method, target, json.dumps(changed).encode())
    problems = [entry.error for entry in bench.stub.journal.problems() if entry.error]
    assert (status < 500, problems) == (True, [])


@PATIENT
@given(data=st.data(), raw=st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_any_bytes_to_any_route_are_answered(data: st.DataObject, raw: bytes, bench: Bench) -> None:
    bench.stub.journal.clear()
    route = data.draw(st.sampled_from(bench.routes))
    assert bench.call(route, raw) < 500
    assert bench.stub.journal.problems() == []


@pytest.mark.asyncio
async def test_a_handler_that_fails_is_reported_and_leaves_nothing_behind(backend: Backend) -> None:
    stub = backend.stub

    def fail(_notification: int, _change: str) -> None:
        raise RuntimeError("broken")

    player = await backend.player()
    stub._running.delivery._messages.changed = fail  # type: ignore[assignment]
    answer = await backend.send(include_player_ids=[player])
    assert answer.status == 500
    assert "POST /notifications failed" in answer.body["errors"][0]
    (problem,) = stub.journal.problems()
    assert problem.error is not None
    assert "RuntimeError: broken" in problem.error
    assert stub.pushes == []
    stub.journal.clear()


@pytest.mark.asyncio
async def test_a_body_that_is_not_what_its_encoding_says(backend: Backend) -> None:
    status, _ = await post(backend, "/players", b"no gzip", **JSON, **{"Content-Encoding": "gzip"})
    assert status == 400
    await backend.player()


@pytest.mark.asyncio
async def test_a_client_that_disconnects_leaves_others_alone(backend: Backend) -> None:
    host, port = backend.stub.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /notifications HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await backend.player()
