"""What eight versions of OneSignal's SDKs really sent, replayed: nothing of it is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from onesignal_stub import OneSignalStub

APP = "22222222-2222-4222-8222-222222222222"
ONE = "11111111-1111-4111-8111-111111111111"
OTHER = "33333333-3333-4333-8333-333333333333"
SEED: dict[str, Any] = {
    "apps": [{"id": OTHER, "name": "Other"}],
    "users": [
        {"identity": {"onesignal_id": ONE, "al": "id1", "external_id": "e1", "nl": "n"}},
        {"identity": {"al": "id/1", "external_id": "e/1"}},
        {"identity": {"external_id": "ext"}},
        {"identity": {"external_id": "e2"}},
        {"identity": {"external_id": "u1"}, "subscriptions": [{"type": "iOSPush", "token": "u"}]},
        {"subscriptions": [{"type": "Email", "token": "a@b.co"}]},
    ],
    "players": [
        {"id": ONE, "device_type": 1, "identifier": "p", "external_user_id": "ext/1 é"},
    ],
    "segments": [
        {"id": ONE, "name": "Seeded", "filters": []},
        {"name": "Banned", "filters": [{"field": "tag", "key": "banned", "relation": "exists"}]},
    ],
    "templates": [{"id": ONE, "name": "Seeded", "contents": {"en": "x"}}],
}
REFUSED = {
    # These SDKs drop `hours_ago`, and a filter on the last session says nothing without it.
    ("node-1.0.0-beta9", "createNotification_filters"),
    ("node-2.0.1-beta2", "createNotification_filters"),
}
STATUS = {
    "POST /apps/{app_id}/segments": 201,
    "POST /apps/{app_id}/users": 200,
    "PATCH /apps/{app_id}/users/by/{alias_label}/{alias_id}": 202,
    "POST /apps/{app_id}/users/by/{alias_label}/{alias_id}/subscriptions": 201,
    "PATCH /apps/{app_id}/subscriptions/{subscription_id}": 202,
    "PATCH /apps/{app_id}/subscriptions_by_token/{token_type}/{token}": 202,
    "DELETE /apps/{app_id}/subscriptions/{subscription_id}": 202,
    "POST /apps/{app_id}/live_activities/{activity_id}/token": 204,
    "DELETE /apps/{app_id}/live_activities/{activity_id}/token/{subscription_id}": 204,
    "POST /apps/{app_id}/activities/activity/{activity_type}": 201,
    "POST /apps/{app_id}/notifications/{notification_id}/unsubscribe": 202,
}
KEYS = {
    "POST /notifications": {"id", "recipients"},
    "POST /players": {"success", "id"},
    "PUT /players/{player_id}": {"success"},
    "DELETE /notifications/{notification_id}": {"success"},
    "GET /notifications": {"total_count", "offset", "limit", "notifications"},
    "GET /players": {"total_count", "offset", "limit", "players"},
    "POST /apps": {"id", "name", "basic_auth_key"},
    "POST /apps/{app_id}/users": {"identity", "properties", "subscriptions"},
    "GET /apps/{app_id}/outcomes": {"outcomes"},
    "GET /apps/{app_id}/journeys": {"journeys", "has_more"},
    "GET /apps/{app_id}/email_analytics/delivery_metrics": {
        "last_24_hours",
        "last_7_days",
        "last_30_days",
    },
    "POST /players/csv_export": {"csv_file_url"},
    "POST /notifications/{notification_id}/history": {"success", "destination_url"},
    "POST /notifications/{notification_id}/export_events": {"csv_file_url"},
    "POST /apps/{app_id}/live_activities/{activity_id}/notifications": {"notification_id", "id"},
}


NEWEST = ("node-5.18.0", "python-5.18.0")


def captured() -> Iterator[Any]:
    for path in sorted((Path(__file__).parent / "captured").glob("*.json")):
        for call, request in json.loads(path.read_text(encoding="utf-8")).items():
            marks = () if path.stem in NEWEST else pytest.mark.slow
            yield pytest.param(path.stem, call, request, id=f"{path.stem}-{call}", marks=marks)


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("seed") / "seed.json"
    path.write_text(json.dumps(SEED), encoding="utf-8")
    return path


@pytest.mark.asyncio
@pytest.mark.parametrize(("sdk", "call", "request_"), list(captured()))
async def test_a_captured_request_is_answered(
    sdk: str, call: str, request_: dict[str, Any], seed: Path
) -> None:
    stub = OneSignalStub(
        app_id=APP,
        rest_key="RESTKEY" if sdk in NEWEST else "APPKEY",
        user_key="ORGKEY" if sdk in NEWEST else "USERKEY",
        seed=seed,
    )
    async with stub, aiohttp.ClientSession() as http:
        target = await with_real_ids(request_, stub, http)
        async with http.request(
            request_["method"],
            URL(stub.url + target, encoded=True),
            headers=request_["headers"],
            data=None if request_["body"] is None else json.dumps(request_["body"]),
        ) as answer:
            status, body = answer.status, await answer.read()
            kind = answer.headers.get("Content-Type")
        entry = list(stub.journal)[-1]
        assert entry.error is None
        if (sdk, call) in REFUSED:
            assert status == 400
            return
        assert status == STATUS.get(entry.name, 200), body
        if status == 204:
            assert body == b""
            return
        assert kind == "application/json; charset=utf-8"
        decoded = json.loads(body)
        assert isinstance(decoded, list if entry.name == "GET /apps" else dict)
        assert KEYS.get(entry.name, set()) <= {name for name in decoded if entry.name in KEYS}


async def with_real_ids(
    request: dict[str, Any], stub: OneSignalStub, http: aiohttp.ClientSession
) -> str:
    """The target of a request with the ids of things that the stub made up."""
    target: str = request["target"]
    auth = {"Authorization": f"Key {stub.rest_key}"}

    async def post(path: str, **body: Any) -> Any:
        headers = {"Authorization": f"Key {stub.user_key}"} if "auth" in path else auth
        async with http.post(f"{stub.url}{path}", json=body, headers=headers) as answer:
            return await answer.json()

    if "/auth/tokens/" in target:
        created = await post(f"/apps/{APP}/auth/tokens", name="k")
        return target.replace(ONE, created["token_id"])
    if "/unsubscribe" in target:
        message = {"email_subject": "s", "email_body": "b", "include_email_tokens": ["a@b.co"]}
        sent = await post("/notifications", app_id=APP, **message)
        token = stub.pushes[0].player_id
        return target.replace(OTHER, sent["id"]).replace("TOK", token)
    if OTHER in target:
        message = {"contents": {"en": "x"}, "include_player_ids": [ONE]}
        if request["method"] == "DELETE":
            message["send_after"] = "2100-01-01T00:00:00Z"
        sent = await post("/notifications", app_id=APP, **message)
        return target.replace(OTHER, sent["id"])
    return target
