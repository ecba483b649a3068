"""The inbox in a browser: what was sent, to whom and why, found, acted on and cleared."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from onesignal_stub import OneSignalStub

from .conftest import opened
from .scene import Backend, play


def titles(page: Page) -> Any:
    return page.locator("a.row .title")


def row(page: Page, title: str) -> Any:
    return page.locator("a.row", has_text=title)


def card(page: Page, heading: str) -> Any:
    return page.locator(".card", has=page.get_by_role("heading", name=heading))


def get(stub: OneSignalStub, path: str) -> Any:
    with urllib.request.urlopen(stub.url + path) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def snapshot(stub: OneSignalStub) -> bytes:
    play(Backend(stub))
    return stub.run(stub.snapshot())


@pytest.fixture
def played(stub: OneSignalStub, snapshot: bytes) -> Backend:
    stub.run(stub.restore(snapshot))
    return Backend(stub)


def test_the_list_has_a_row_for_each_notification(played: Backend, page: Page) -> None:
    page.goto("/")
    expect(titles(page)).to_have_count(8)
    expect(page.locator("#count")).to_have_text("8 notifications")
    chest = row(page, "Your chest is open")
    for text in ("A golden key", "3 reached", "2 left out", "Android, iOS, Web"):
        expect(chest).to_contain_text(text)
    expect(row(page, "Season 9 begins")).to_contain_text("6 reached")
    expect(row(page, "Weekend tournament")).to_contain_text("Scheduled")
    expect(row(page, "Servers are down")).to_contain_text("Cancelled")
    expect(row(page, "We miss you")).to_contain_text("Reached nobody")


def test_the_detail_explains_what_each_device_got(played: Backend, page: Page) -> None:
    page.goto("/")
    row(page, "Your chest is open").click()
    expect(page).to_have_title("Your chest is open · Push inbox")
    phone, browser = page.locator(".phone"), page.locator(".browser")
    expect(phone).to_contain_text("iPhone 15")
    expect(phone.locator(".mark")).to_contain_text("+1")
    expect(phone.get_by_role("link", name="golden.png")).to_have_attribute(
        "href", "https://cdn.example.com/chests/golden.png"
    )
    expect(phone.get_by_role("button")).to_have_text(["Collect", "Later"])
    expect(browser).to_contain_text("golden-wide.png")
    expect(browser.get_by_role("button")).to_have_text(["Collect now"])
    devices = card(page, "Devices").locator("tbody tr")
    expect(devices).to_have_count(4)
    expect(devices.nth(1)).to_contain_text("German (de)")
    expect(devices.nth(1)).to_contain_text("include_external_user_ids")
    expect(devices.nth(3)).to_contain_text("not subscribed: opted out (notification_types -2)")
    devices.nth(1).get_by_role("link", name="Pixel 8").click()
    expect(phone.locator(".heading")).to_have_text("Deine Truhe ist offen")
    expect(card(page, "Ignored")).to_contain_text("body: sent_by")
    expect(card(page, "The request as it came")).to_contain_text('"sent_by": "reward-service"')
    audience = card(page, "Audience")
    expect(audience).to_contain_text("include_external_user_ids: 3 devices")
    expect(audience).to_contain_text("1 × not subscribed")
    expect(audience).to_contain_text("nobody-knows")


@pytest.mark.parametrize(
    ("title", "texts"),
    [
        ("Season 9 begins", ["By segments", "All: 6 devices"]),
        (
            "Clan war in one hour",
            [
                "By filters",
                "tag clan = Owls and tag level > 10: 3 devices",
                "country = NZ: 0 devices",
            ],
        ),
        (
            "Weekend tournament",
            ["High level tag level > 30", "Only isIos", "5 × another platform"],
        ),
        ("We miss you", ["Inactive Subscriptions last_session > 168: 0 devices"]),
    ],
)
def test_the_audience_is_explained(
    title: str, texts: list[str], played: Backend, page: Page
) -> None:
    page.goto("/")
    row(page, title).click()
    for text in texts:
        expect(card(page, "Audience")).to_contain_text(text)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("gems are waiting", ["Your chest is open"]),
        ("TRUHE", ["Your chest is open"]),
        ("emre", ["Weekend tournament", "Emre wants to be your friend", "Season 9 begins"]),
        ("season start", ["Season 9 begins"]),
        ("fay chest", ["Your chest is open"]),
        ("%", []),
    ],
)
def test_a_search_finds_texts_users_and_templates(
    query: str, expected: list[str], played: Backend, page: Page
) -> None:
    page.goto("/")
    page.get_by_label("Search").fill(query)
    expect(titles(page)).to_have_text(expected)
    expect(page).to_have_url(re.compile("q="))


def test_filters_and_links_narrow_the_list(played: Backend, page: Page) -> None:
    device = next(push for push in played.stub.pushes if push.device_type == 13)
    page.goto("/")
    page.get_by_label("Status").select_option("canceled")
    expect(titles(page)).to_have_text(["Stub"])
    page.get_by_label("Status").select_option("")
    page.get_by_label("Platform").select_option("web")
    web = ["Dunja beat your score", "Your chest is open", "Season 9 begins"]
    expect(titles(page)).to_have_text(web)
    page.get_by_label("App").select_option(label="Stub")
    expect(titles(page)).to_have_text(web)
    page.goto(f"/?device={device.player_id}")
    expect(titles(page)).to_have_text(["Season 9 begins"])
    page.goto("/?user=chidi")
    expect(titles(page)).to_have_text(
        ["Dunja beat your score", "Clan war in one hour", "Season 9 begins"]
    )
    page.get_by_role("link", name="Remove user").click()
    expect(titles(page)).to_have_count(8)
    page.go_back()
    expect(titles(page)).to_have_count(3)


def test_a_link_opens_the_latest_match_and_follows_it(played: Backend, page: Page) -> None:
    page.goto("/?user=emre&latest")
    heading = page.locator("#detail h2")
    expect(heading).to_have_text("Season 9 begins")
    played.send(headings={"en": "Newer"}, include_external_user_ids=["emre"])
    expect(heading).to_have_text("Newer")


@contextmanager
def webhook() -> Iterator[tuple[str, Queue[dict[str, Any]]]]:
    """The address of a server, and what is posted to it."""
    posts: Queue[dict[str, Any]] = Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", posts
        server.shutdown()
        thread.join()


def choose_device(page: Page, name: str) -> None:
    link = card(page, "Devices").get_by_role("link", name=name)
    link.click()
    expect(link).to_have_attribute("aria-current", "true")


def test_clicks_on_the_page_reach_webhooks_and_outcomes(played: Backend, page: Page) -> None:
    stub = played.stub
    with webhook() as (url, posts):
        stub.run(stub.add_webhook(url))
        page.goto("/")
        row(page, "Your chest is open").click()
        page.locator(".phone").get_by_role("button", name="Collect").click()
        expect(card(page, "Devices")).to_contain_text("opened by “collect”")
        choose_device(page, "Chrome 126")
        page.locator(".actions").get_by_role("button", name="Dismiss").click()
        expect(card(page, "Devices")).to_contain_text("dismissed")
        choose_device(page, "Pixel 8")
        page.locator(".actions").get_by_role("button", name="Receive").click()
        expect(card(page, "Devices").locator("tbody tr").nth(1)).to_contain_text("received")
        page.locator(".actions").get_by_role("button", name="Open").click()
        expect(row(page, "Your chest is open")).to_contain_text("2 opened")
        told = [posts.get(timeout=10) for _ in range(6)]
    events = [(post["event"].partition(".")[2], post.get("actionId")) for post in told]
    assert events == [
        ("willDisplay", None),
        ("clicked", "collect"),
        ("willDisplay", None),
        ("dismissed", None),
        ("willDisplay", None),
        ("clicked", ""),
    ]
    path = f"/apps/{stub.app_id}/outcomes?outcome_names=os__click.count"
    assert played("GET", path)["outcomes"][0]["value"] == 2


def test_a_live_update_leaves_the_selected_text_alone(played: Backend, page: Page) -> None:
    page.goto("/")
    row(page, "Your chest is open").click()
    body = page.locator(".phone .body")
    expect(body).to_have_text("A golden key and 250 gems are waiting for you.")
    body.evaluate("element => getSelection().selectAllChildren(element)")
    played.send(headings={"en": "Just now"}, include_external_user_ids=["bo"])
    expect(titles(page).first).to_have_text("Just now")
    selected = page.evaluate("String(getSelection())")
    assert selected == "A golden key and 250 gems are waiting for you."


@pytest.mark.parametrize(
    ("view", "query", "first", "fact"),
    [
        ("Devices", "Pixel", "Pixel 8", "Android (device_type 1)"),
        ("Users", "chidi", "chidi", "1 device"),
        ("Segments", "High", "High level", "In it now"),
        ("Templates", "zählt", "Season start", "Changed"),
        ("Apps", "Stub", "Stub", "8 devices"),
    ],
)
def test_lists_of_what_there_is(
    view: str, query: str, first: str, fact: str, played: Backend, page: Page
) -> None:
    page.goto("/")
    page.get_by_role("link", name=view).click()
    page.get_by_label("Search").fill(query)
    expect(titles(page)).to_have_text([first])
    row(page, first).click()
    expect(page.locator("#detail")).to_contain_text(fact)
    sent = page.get_by_role("link", name="What was sent")
    if view != "Segments":
        sent.click()
        expect(row(page, "Season 9 begins")).to_be_visible()


def test_clearing_asks_and_says_what_stays(played: Backend, page: Page) -> None:
    page.goto("/")
    page.get_by_label("Search").fill("frozen lake")
    expect(titles(page)).to_have_count(2)
    page.get_by_role("button", name="Clear…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Clear the 2 notifications found?")
    expect(dialog).to_contain_text("The other 6 stay.")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(titles(page)).to_have_count(2)
    page.get_by_role("button", name="Clear…").click()
    expect(dialog).to_be_visible()
    played.send(contents={"en": "Frozen Lake thaws"}, include_external_user_ids=["bo"])
    dialog.get_by_role("button", name="Clear these 2").click()
    expect(titles(page)).to_have_count(1)  # what came during the question stays
    page.get_by_label("Search").fill("")
    expect(titles(page)).to_have_count(7)
    page.get_by_role("button", name="Clear…").click()
    expect(dialog).to_contain_text("Clear all 7 notifications?")
    dialog.get_by_role("button", name="Clear these 7").click()
    expect(page.locator("#below")).to_contain_text("Nothing yet")
    assert played.stub.pushes == []
    assert get(played.stub, "/_control/inbox")["all"] == 0


def test_the_page_says_that_the_server_is_gone_and_comes_back(page: Page) -> None:
    live = page.locator("#live")
    with OneSignalStub() as stub:
        player = Backend(stub).device(external_user_id="bo")
        Backend(stub).send(headings={"en": "Before"}, include_player_ids=[player])
        page.goto(stub.url)
        row(page, "Before").click()
        expect(page.locator("#detail h2")).to_have_text("Before")
        expect(live).to_have_text("Live")
        port = int(stub.url.rpartition(":")[2])
    expect(live).to_contain_text("Server gone")
    expect(page.locator("#detail h2")).to_have_text("Before")
    with OneSignalStub(port=port) as other:
        expect(live).to_have_text("Live")
        expect(page.locator("#below")).to_contain_text("Nothing yet")
        player = Backend(other).device(external_user_id="bo")
        Backend(other).send(headings={"en": "After"}, include_player_ids=[player])
        expect(titles(page)).to_have_text(["After"])


def test_a_restart_with_its_data_is_caught_up(played: Backend, page: Page) -> None:
    page.goto("/")
    expect(page.locator("#live")).to_have_text("Live")
    played.stub.run(played.stub.restart())
    played.send(headings={"en": "While away"}, include_external_user_ids=["bo"])
    expect(titles(page).first).to_have_text("While away")
    expect(page.locator("#live")).to_have_text("Live")


def test_a_row_chosen_while_a_search_is_under_way_gets_the_focus(
    played: Backend, page: Page
) -> None:
    held: list[Route] = []
    page.route(re.compile("q=ches"), lambda route: held.append(route))
    page.goto("/")
    page.get_by_role("searchbox").fill("che")
    expect(titles(page)).to_have_count(1)
    with page.expect_request(re.compile("q=ches")):
        page.get_by_role("searchbox").press_sequentially("s")
    titles(page).click()
    for route in held:
        route.continue_()
    expect(page.locator("#detail h2")).to_be_focused()


def test_the_page_can_be_used_by_keyboard_alone(played: Backend, page: Page) -> None:
    page.goto("/")
    expect(titles(page)).to_have_count(8)
    page.keyboard.press("/")
    page.keyboard.type("chest")
    expect(titles(page)).to_have_count(1)
    for _ in range(5):
        page.keyboard.press("Tab")
    expect(page.locator("a.row")).to_be_focused()
    page.keyboard.press("Enter")
    heading = page.locator("#detail h2")
    expect(heading).to_be_focused()
    collect = page.locator(".phone").get_by_role("button", name="Collect")
    for _ in range(10):
        page.keyboard.press("Tab")
        if collect.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(card(page, "Devices")).to_contain_text("opened by “collect”")
    page.keyboard.press("Escape")
    expect(page.locator("a.row")).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    expect(titles(page)).to_have_count(8)
    rows = page.locator("a.row")
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(rows.last).to_be_focused()
    page.keyboard.press("Home")
    expect(rows.first).to_be_focused()


def test_on_a_narrow_screen_the_detail_takes_the_place_of_the_list(
    played: Backend, page: Page
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/")
    row(page, "Your chest is open").click()
    expect(page.locator("#detail h2")).to_be_visible()
    expect(page.locator("a.row").first).to_be_hidden()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width == 390
    page.get_by_role("button", name="Back to the list").click()
    expect(row(page, "Your chest is open")).to_be_focused()


def test_on_the_network_the_page_works_with_its_login(browser: Browser) -> None:
    login = {"username": "admin", "password": "secret"}
    with OneSignalStub(host="0.0.0.0", user_key="secret") as stub:
        url = f"http://127.0.0.1:{stub.url.rpartition(':')[2]}"
        with opened(browser, base_url=url, http_credentials=login) as page:
            page.goto("/")
            expect(page.locator("#live")).to_have_text("Live")
            player = Backend(stub).device(external_user_id="bo")
            Backend(stub).send(headings={"en": "Secret"}, include_player_ids=[player])
            row(page, "Secret").click()
            expect(page.locator("#detail h2")).to_be_focused()
            page.locator(".actions").get_by_role("button", name="Open").click()
            expect(row(page, "Secret")).to_contain_text("1 opened")
