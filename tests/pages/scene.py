"""A game's notifications, as a person would find them in the inbox."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

from onesignal_stub import OneSignalStub

PLAYERS: tuple[dict[str, Any], ...] = (
    {"device_type": 0, "device_model": "iPhone 15", "device_os": "17.4", "external_user_id": "ada"},
    {"device_type": 1, "device_model": "Pixel 8", "external_user_id": "bo", "language": "de"},
    {"device_type": 5, "device_model": "Chrome 126", "external_user_id": "ada"},
    {"device_type": 1, "device_model": "Galaxy S23", "external_user_id": "chidi", "language": "fr"},
    {"device_type": 0, "device_model": "iPad Air", "external_user_id": "dunja", "language": "de"},
    {"device_type": 13, "device_model": "P40 lite", "external_user_id": "emre"},
)


@frozen
class Backend:
    """Calls a stub that runs in a thread, as a game's backend does."""

    stub: OneSignalStub
    headers: Mapping[str, str] = Factory(dict)

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            self.stub.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Key {self.stub.rest_key}",
                "Content-Type": "application/json",
                **self.headers,
            },
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def device(self, number: int = 0, **fields: Any) -> str:
        body = {
            "app_id": self.stub.app_id,
            "device_type": 1,
            "identifier": f"token-of-device-{number}",
            **fields,
        }
        created: str = self("POST", "/players", body)["id"]
        return created

    def send(self, **fields: Any) -> str:
        body = {"app_id": self.stub.app_id, "contents": {"en": "hello"}, **fields}
        created: str = self("POST", "/notifications", body)["id"]
        return created


def play(backend: Backend) -> None:
    """Devices, segments, a template, and a day's notifications of a small game."""
    app = backend.stub.app_id
    levels = (12, 31, 4, 18, 55, 9)
    for number, (player, level) in enumerate(zip(PLAYERS, levels, strict=True)):
        backend.device(number, tags={"level": level, "clan": "Owls"}, **player)
    backend.device(90, external_user_id="fay", device_model="Moto G", notification_types=-2)
    backend.device(91, device_type=11, identifier="ada@example.com", external_user_id="ada")
    vip = [{"field": "tag", "key": "level", "relation": ">", "value": "30"}]
    backend("POST", f"/apps/{app}/segments", {"name": "High level", "filters": vip})
    template = backend(
        "POST",
        "/templates",
        {
            "app_id": app,
            "name": "Season start",
            "headings": {"en": "Season 9 begins", "de": "Saison 9 beginnt"},
            "contents": {
                "en": "New map, new rewards. Your first match today counts twice.",
                "de": "Neue Karte, neue Belohnungen. Das erste Spiel heute zählt doppelt.",
            },
        },
    )
    backend.send(template_id=template["id"], contents={}, included_segments=["All"])
    backend.send(
        headings={"en": "Your chest is open", "de": "Deine Truhe ist offen"},
        contents={
            "en": "A golden key and 250 gems are waiting for you.",
            "de": "Ein goldener Schlüssel und 250 Juwelen warten auf dich.",
        },
        include_external_user_ids=["ada", "bo", "fay", "nobody-knows"],
        big_picture="https://cdn.example.com/chests/golden.png",
        chrome_web_image="https://cdn.example.com/chests/golden-wide.png",
        buttons=[{"id": "collect", "text": "Collect"}, {"id": "later", "text": "Later"}],
        web_buttons=[{"id": "collect", "text": "Collect now", "url": "https://game.example.com"}],
        ios_badgeType="Increase",
        ios_badgeCount=1,
        data={"chest": 7},
        web_url="https://game.example.com/chests/7",
        sent_by="reward-service",
    )
    backend.send(
        headings={"en": "Emre wants to be your friend"},
        contents={"en": "Level 9, plays with the Owls."},
        include_external_user_ids=["dunja"],
        buttons=[{"id": "accept", "text": "Accept"}],
        data={"type": "friend_request"},
    )
    backend.send(
        headings={"en": "Clan war in one hour"},
        contents={"en": "The Owls meet the Foxes on Frozen Lake."},
        filters=[
            {"field": "tag", "key": "clan", "relation": "=", "value": "Owls"},
            {"operator": "AND"},
            {"field": "tag", "key": "level", "relation": ">", "value": "10"},
            {"operator": "OR"},
            {"field": "country", "relation": "=", "value": "NZ"},
        ],
    )
    backend.send(
        headings={"en": "Weekend tournament"},
        contents={"en": "Starts on Saturday at noon. Top 100 share 10,000 gems."},
        included_segments=["High level", "Active Subscriptions"],
        isIos=True,
        send_after="2126-01-01 12:00:00 GMT+0000",
    )
    canceled = backend.send(
        contents={"en": "Servers are down for ten minutes at 4 am."},
        included_segments=["All"],
        send_after="2126-01-02 04:00:00 GMT+0000",
    )
    backend("DELETE", f"/notifications/{canceled}?app_id={app}")
    backend.send(
        headings={"en": "We miss you"},
        contents={"en": "Your farm needs water."},
        included_segments=["Inactive Subscriptions"],
    )
    backend.send(
        headings={"en": "Dunja beat your score"},
        contents={"en": "48,200 points on Frozen Lake. Can you do better?"},
        include_external_user_ids=["ada", "chidi"],
        ios_badgeType="SetTo",
        ios_badgeCount=3,
    )
