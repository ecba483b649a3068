"""The console in a browser: requests, players, pushes, faults and the clock of a mock."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from mock_server import Config, MockServer, PushMessage
from mock_server.config import OneSignalConfig, SessionConfig
from onesignal_stub import OneSignalStub
from server_kit import Fault

from .conftest import opened
from .elements import card, get, open_row, row
from .game import call, log_in
from .scene import Backend


@pytest.fixture(scope="module")
def onesignal() -> Iterator[OneSignalStub]:
    with OneSignalStub() as running:
        yield running


@pytest.fixture(scope="module")
def running(onesignal: OneSignalStub) -> Iterator[MockServer]:
    settings = OneSignalConfig(onesignal.url, onesignal.app_id, onesignal.rest_key)
    config = Config(onesignal=settings, session=SessionConfig(token_expiry_sec=3600))
    with MockServer(config) as server:
        yield server


@pytest.fixture
def server(running: MockServer) -> MockServer:
    running.run(running.reset())
    return running


@pytest.fixture
def console(browser: Browser, server: MockServer) -> Iterator[Page]:
    with opened(browser, base_url=server.console_url) as ready:
        yield ready


def test_requests_show_who_asked_what_was_answered_and_ignored(
    server: MockServer, console: Page
) -> None:
    console.goto("/?view=requests")
    expect(console.locator("#live")).to_have_text("Live")
    ada = log_in(server, "ada")
    ada.call("GET", "/v2/notification?limit=10&cursor=x")
    seen = row(console, "GET /v2/notification")
    for text in ("ada", "200", "HTTP", "ignored fields"):
        expect(seen).to_contain_text(text)
    seen.click()
    expect(console.locator("#detail h2")).to_be_focused()
    detail = console.locator("#detail")
    expect(detail).to_contain_text("query: cursor")
    expect(detail.get_by_role("link", name="ada")).to_be_visible()
    expect(card(console, "Answer")).to_contain_text("cacheable_cursor")
    command = shlex.split(card(console, "Send it again").locator("pre").inner_text())
    assert f"{server.http_url}/v2/notification?limit=10&cursor=x" in command
    assert ada.token not in json.dumps(get(server, "requests"))
    console.context.grant_permissions(["clipboard-read", "clipboard-write"])
    console.get_by_role("button", name="Copy as curl").click()
    expect(console.locator("#said")).to_have_text("Copied")
    assert shlex.split(console.evaluate("navigator.clipboard.readText()")) == command


def test_a_link_opens_the_latest_request_and_follows_it(server: MockServer, console: Page) -> None:
    ada, bo = log_in(server, "ada"), log_in(server, "bo")
    ada.call("GET", "/v2/account")
    console.goto(f"/?view=requests&user={ada.id}&latest")
    heading = console.locator("#detail h2")
    expect(heading).to_have_text("GET /v2/account")
    bo.call("GET", "/v2/user")
    ada.call("GET", "/v2/friend")
    expect(heading).to_have_text("GET /v2/friend")
    open_row(console, "GET /v2/account")
    ada.call("GET", "/v2/group")
    expect(row(console, "GET /v2/group")).to_be_visible()
    expect(heading).to_have_text("GET /v2/account")


def test_frames_show_their_reply(server: MockServer, console: Page) -> None:
    ada = log_in(server, "ada")
    with ada.connect() as socket:
        socket.send('{"cid":"7","rpc":{"id":"missing","payload":"{}"}}')
        socket.recv()
        console.goto("/?view=requests&kind=frame")
        seen = row(console, "rpc")
        expect(seen).to_contain_text("refused")
        seen.click()
        expect(console.locator("#detail h2")).to_be_focused()
        expect(card(console, "Frame")).to_contain_text("missing")
        expect(card(console, "Answer")).to_contain_text("RPC function not found")


def test_a_miss_names_the_nearest_route_and_problems_are_grouped(
    server: MockServer, console: Page
) -> None:
    ada = log_in(server, "ada")
    for _ in range(3):
        ada.call("GET", "/v2/notifications")
    console.goto("/")
    expect(console.locator("#count")).to_have_text("3 problems")
    group = row(console, "GET /v2/notifications")
    expect(group).to_contain_text("× 3")
    group.click()
    expect(console.locator("#detail h2")).to_be_focused()
    expect(console.locator("#detail")).to_contain_text("GET /v2/notification")
    console.get_by_role("link", name="Show them").click()
    expect(console.locator("#count")).to_have_text("3 requests")
    console.get_by_label("State").select_option("")
    console.get_by_label("Search").fill("")
    expect(console.locator("#count")).to_have_text("4 requests")
    console.get_by_label("Search").fill("ada")
    expect(console.locator("#count")).to_have_text("3 requests")


def test_requests_come_a_page_at_a_time(server: MockServer, console: Page) -> None:
    ada = log_in(server, "ada")
    for _ in range(60):
        ada.call("GET", "/v2/account")
    first = get(server, "requests?limit=50&q=/v2/account")
    assert (len(first["items"]), first["total"], first["next"]) == (50, 61, 50)
    console.goto("/?view=requests&q=GET")
    expect(console.locator("a.row")).to_have_count(50)
    console.get_by_role("button", name="Show more").click()
    expect(console.locator("a.row")).to_have_count(60)


def test_the_clock_buttons_advance_the_clock(server: MockServer, console: Page) -> None:
    ada = log_in(server, "ada")
    console.goto("/")
    before = server.clock.time()
    console.get_by_role("button", name="+1 min").click()
    console.get_by_role("button", name="+1 h").click()
    console.get_by_role("button", name="+1 day").click()
    day = console.locator(".hand time")
    expect(day).to_have_attribute("datetime", re.compile("T"))
    expect(console.locator("#said")).to_be_hidden()
    console.wait_for_function(
        "at => Date.parse(document.querySelector('.hand time').dateTime) / 1000 >= at",
        arg=before + 60 + 3600 + 86400,
    )
    assert ada.call("GET", "/v2/account")["message"] == "Auth token invalid"
    expect(console.locator(".numbers")).to_contain_text("1players")


def test_a_player_is_shown_with_all_that_is_stored(server: MockServer, console: Page) -> None:
    ada, bo = log_in(server, "ada"), log_in(server, "bo")
    ada.call("POST", f"/v2/friend?ids={bo.id}")
    bo.call("POST", f"/v2/friend?ids={ada.id}")
    ada.call("POST", "/v2/group", {"name": "Knights", "open": True})
    objects = [{"collection": "saves", "key": "slot", "value": '{"level":7}'}]
    ada.call("PUT", "/v2/storage", {"objects": objects})
    console.goto("/?view=players")
    expect(console.locator("#count")).to_have_text("2 players")
    with ada.connect():
        expect(row(console, "ada")).to_contain_text("1 socket")
        console.get_by_label("State").select_option("online")
        expect(console.locator("#count")).to_have_text("1 player")
        open_row(console, "ada")
        expect(card(console, "Sockets")).to_be_visible()
        expect(card(console, "Friends")).to_contain_text("bofriend")
        expect(card(console, "Groups")).to_contain_text("Knightssuperadmin")
        expect(card(console, "Storage")).to_contain_text('{"level":7}')
        expect(card(console, "Notifications")).to_contain_text("bo accepted your friend request")
    expect(card(console, "Sockets")).to_be_hidden()


def test_a_notification_is_sent_to_one_to_some_or_to_all(server: MockServer, console: Page) -> None:
    ada, bo, chidi = (log_in(server, name) for name in ("ada", "bo", "chidi"))
    console.goto(f"/?view=players&id={ada.id}")
    console.get_by_label("Subject").fill("A golden key")
    console.get_by_label("Content, as JSON").fill('{"gold": 5}')
    console.get_by_role("button", name="Send", exact=True).click()
    expect(card(console, "Notifications")).to_contain_text("A golden key")
    expect(card(console, "Notifications")).to_contain_text('{"gold":5}')
    open_row(console, "Send a notification")
    console.get_by_label("Subject").fill("Owls only")
    console.get_by_role("button", name="Send to the chosen").click()
    expect(console.locator("#said")).to_have_text("Choose whom to send it to.")
    console.get_by_label("ada", exact=True).check()
    console.get_by_label("bo", exact=True).check()
    log_in(server, "dunja")  # the list that is chosen from changes meanwhile
    expect(console.get_by_label("dunja", exact=True)).not_to_be_checked()
    console.get_by_role("button", name="Send to the chosen").click()
    expect(console.locator("#said")).to_have_text("Sent to 2 players")
    console.get_by_label("Subject").fill("Season 9")
    console.get_by_role("button", name="Send to all players").click()
    expect(console.locator("#said")).to_have_text("Sent to all")
    for player, subjects in (
        (ada, ["A golden key", "Owls only", "Season 9"]),
        (bo, ["Owls only", "Season 9"]),
        (chidi, ["Season 9"]),
    ):
        listed = player.call("GET", "/v2/notification?limit=10")["notifications"]
        assert [each["subject"] for each in listed] == subjects
    console.get_by_label("Subject").fill("Not sent")
    console.get_by_label("Code").fill("0")
    console.get_by_role("button", name="Send to all players").click()
    expect(console.locator("#said")).to_have_attribute("data-tone", "bad")
    expect(console.get_by_label("Subject")).to_have_value("Not sent")


def test_a_player_is_disconnected_logged_out_and_banned(server: MockServer, console: Page) -> None:
    ada = log_in(server, "ada")
    console.goto(f"/?view=players&id={ada.id}")
    with ada.connect() as socket:
        console.get_by_role("button", name="Disconnect").click()
        assert [*socket] == []
    console.get_by_role("button", name="Expire token").click()
    expect(console.locator("#said")).to_contain_text("Their next call is refused")
    assert ada.call("GET", "/v2/account")["message"] == "Auth token invalid"
    assert ada.call("GET", "/v2/account")["user"]["username"] == "ada"
    server.clock.advance(1)  # tokens of the logout's own second survive it
    with console.expect_response(f"**/players/{ada.id}/logout"):
        console.get_by_role("button", name="Invalidate tokens").click()
    console.get_by_role("button", name="Ban…").click()
    dialog = console.get_by_role("dialog")
    expect(dialog).to_contain_text("Ban ada?")
    dialog.get_by_role("button", name="Keep").click()
    assert get(server, f"players?id={ada.id}")["items"][0]["banned"] is False
    assert ada.call("GET", "/v2/account")["message"] == "Auth token invalid"
    console.get_by_role("button", name="Ban…").click()
    dialog.get_by_role("button", name="Ban").click()
    expect(row(console, "ada")).to_contain_text("banned")
    console.get_by_role("button", name="Unban").click()
    expect(console.get_by_role("button", name="Ban…")).to_be_visible()


def test_faults_are_added_watched_and_removed(server: MockServer, console: Page) -> None:
    ada = log_in(server, "ada")
    console.goto("/?view=faults")
    console.get_by_label("What happens").select_option("status")
    expect(console.get_by_label("Its settings")).to_have_value('{"code":503}')
    console.get_by_label("Where").fill("/v2/notificaton")
    console.get_by_role("button", name="Add", exact=True).click()
    expect(console.locator("#said")).to_contain_text("/v2/notification")
    console.get_by_label("Where").fill("/v2/notification")
    console.get_by_role("button", name="Add", exact=True).click()
    rule = row(console, "status")
    expect(rule).to_contain_text("0 hits")
    ada.call("GET", "/v2/notification")
    expect(rule).to_contain_text("1 hit")
    rule.click()
    expect(console.locator("#detail h2")).to_be_focused()
    expect(console.locator("#detail")).to_contain_text("1 time in 1 call")
    console.get_by_role("button", name="Remove").click()
    expect(rule).to_be_hidden()
    assert len(server.faults) == 0


def test_a_push_is_traced_from_its_event_to_the_devices(
    server: MockServer, onesignal: OneSignalStub, console: Page
) -> None:
    server.pushes.on_event("friend_request")(
        lambda event: PushMessage(contents={"en": "Be friends?"})
    )
    ada, bo = log_in(server, "ada"), log_in(server, "bo")
    player_id = Backend(onesignal).device(external_user_id=bo.id)
    bo.call("POST", "/push/registration", {"oneSignalUserId": player_id})
    console.goto("/?view=pushes")
    ada.call("POST", f"/v2/friend?ids={bo.id}")
    push = row(console, "friend_request")
    expect(push).to_contain_text("Sent")
    expect(push).to_contain_text("bo")
    push.click()
    expect(console.locator("#detail h2")).to_be_focused()
    steps = card(console, "Its way")
    for text in ("friend_request for bo", "en: Be friends?", "Devices: 1 device", player_id):
        expect(steps).to_contain_text(text)
    sent = onesignal.pushes[-1]
    expect(steps).to_contain_text(sent.notification_id)
    inbox = steps.get_by_role("link", name="Open in the inbox")
    expect(inbox).to_have_attribute("href", f"{onesignal.url}/?q={sent.notification_id}")
    ada.call("DELETE", f"/v2/friend?ids={bo.id}")
    onesignal.faults.add(Fault.status(503), "POST /notifications", times=1)
    ada.call("POST", f"/v2/friend?ids={bo.id}")
    expect(console.locator("#count")).to_have_text("2 pushes")
    console.locator("a.row").first.click()
    expect(console.locator("#detail h2")).to_be_focused()
    expect(steps).to_contain_text("Attempt failed")
    expect(steps).to_contain_text("503")
    call(f"{server.console_url}/_control/clock", "POST", body={"advance": 30})
    expect(steps).to_contain_text("Devices: 1 device")
    ada.call("DELETE", f"/v2/friend?ids={bo.id}")
    with bo.connect():
        ada.call("POST", f"/v2/friend?ids={bo.id}")
        console.get_by_label("Outcome").select_option("skipped")
        expect(console.locator("#count")).to_have_text("1 push")
        expect(push).to_contain_text("Skipped")


def test_the_page_can_be_used_by_keyboard_alone(server: MockServer, console: Page) -> None:
    log_in(server, "ada")
    log_in(server, "bo")
    console.goto("/?view=players")
    expect(console.locator("#count")).to_have_text("2 players")
    console.keyboard.press("/")
    console.keyboard.type("bo")
    expect(console.locator("#count")).to_have_text("1 player")
    console.keyboard.press("ArrowDown")  # from the search into the list
    expect(row(console, "Send a notification")).to_be_focused()
    console.keyboard.press("ArrowDown")
    expect(row(console, "bo")).to_be_focused()
    console.keyboard.press("Enter")
    expect(console.locator("#detail h2")).to_be_focused()
    subject = console.get_by_label("Subject")
    for _ in range(20):
        console.keyboard.press("Tab")
        if subject.evaluate("element => element === document.activeElement"):
            break
    console.keyboard.type("By key")
    console.keyboard.press("Enter")
    expect(card(console, "Notifications")).to_contain_text("By key")
    console.keyboard.press("Escape")
    expect(row(console, "bo")).to_be_focused()


def test_a_restart_is_caught_up(server: MockServer, console: Page) -> None:
    console.goto("/?view=players")
    expect(console.locator("#live")).to_have_text("Live")
    log_in(server, "ada")
    expect(row(console, "ada")).to_be_visible()
    server.run(server.restart(keep_data=False))
    expect(row(console, "ada")).to_be_hidden()
