"""The demo of personalised push: a website in an app, in a browser."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from playwright.sync_api import Page, expect

from onesignal_stub import OneSignalStub


def send_push(stub: OneSignalStub, external_id: str, text: str) -> Any:
    body = {
        "app_id": stub.app_id,
        "include_external_user_ids": [external_id],
        "contents": {"en": text},
    }
    request = urllib.request.Request(
        f"{stub.url}/api/v1/notifications",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": f"Basic {stub.rest_key}"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def info_of(page: Page) -> Any:
    return json.loads(page.locator("#info").inner_text())


def external_id_of(stub: OneSignalStub, player_id: str) -> Any:
    url = f"{stub.url}/api/v1/players/{player_id}?app_id={stub.app_id}"
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)["external_user_id"]


def test_a_player_registers_logs_in_gets_a_push_and_logs_out(
    page: Page, stub: OneSignalStub
) -> None:
    page.goto("/demo")
    expect(page.locator("#info")).to_contain_text("oneSignalPushToken")
    assert "oneSignalUserId" not in info_of(page)

    page.get_by_role("button", name="Register").click()
    expect(page.locator("#state")).to_have_text("Registered")
    info = info_of(page)
    assert info["oneSignalSubscribed"] is True
    player_id = info["oneSignalUserId"]

    page.get_by_label("Account").fill("ada@example.com")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#player")).to_be_visible()
    assert external_id_of(stub, player_id) == "ada@example.com"

    assert send_push(stub, "ada@example.com", "<b>Your order</b> is here")["recipients"] == 1
    expect(page.locator("#pushes li")).to_have_text(["<b>Your order</b> is here"])

    page.reload()
    expect(page.locator("#state")).to_have_text("Registered")
    assert info_of(page)["oneSignalUserId"] == player_id
    expect(page.locator("#pushes li")).to_have_count(1)


def test_after_the_logout_no_push_arrives(page: Page, stub: OneSignalStub) -> None:
    page.goto("/demo")
    page.get_by_role("button", name="Register").click()
    expect(page.locator("#state")).to_have_text("Registered")
    player_id = info_of(page)["oneSignalUserId"]
    page.get_by_label("Account").fill("bob")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.locator("#login")).to_be_visible()
    assert not external_id_of(stub, player_id)
    assert not send_push(stub, "bob", "too late").get("recipients")
    assert stub.find_pushes(player_id=player_id) == []


def test_a_login_before_the_registration_says_what_is_missing(page: Page) -> None:
    page.goto("/demo")
    page.get_by_label("Account").fill("carl")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("This device is not registered yet.")
