"""The console under hostile texts, a gone server, on the network; the rules of accessibility."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from mock_server import Config, MockServer, PushMessage
from mock_server.config import ConsoleConfig, SocketConfig
from server_kit import Fault

from .axe import violations
from .conftest import opened
from .elements import ATTACK, move, open_row, row
from .game import Player, ask, call, game_config, log_in, playing

HOSTILE = f"""
ATTACK = {ATTACK!r}


def init_module(nk):
    nk.register_rpc(fail, ATTACK)
    nk.register_match(ATTACK, Arena())
    nk.leaderboard_create(ATTACK, False, "desc", "best", "", {{ATTACK: ATTACK}}, True)
    nk.tournament_create(
        "t" + ATTACK, False, "desc", "best", 86400, "0 0 * * *", {{ATTACK: ATTACK}}, ATTACK, ATTACK
    )


def fail(context, payload):
    raise ValueError(ATTACK)


class Arena:
    def match_init(self, context, params):
        return {{ATTACK: ATTACK}}, 1, ATTACK

    def match_join_attempt(self, context, dispatcher, tick, state, presence, metadata):
        return state, True

    def match_join(self, context, dispatcher, tick, state, presences):
        return state

    match_leave = match_join

    def match_loop(self, context, dispatcher, tick, state, messages):
        return state

    def match_terminate(self, context, dispatcher, tick, state, grace_seconds):
        return state

    def match_signal(self, context, dispatcher, tick, state, data):
        return state, data
"""


def attack(server: MockServer, stack: ExitStack) -> Player:
    """Put markup into every text that the console shows."""
    eve = log_in(server, urllib.parse.quote(ATTACK))
    bo = log_in(server, "bo")
    eve.call("PUT", "/v2/account", {"display_name": ATTACK, "location": ATTACK})
    eve.call("POST", "/v2/account/link/custom", {"id": ATTACK})
    eve.call("POST", "/v2/account/link/device", {"id": ATTACK})
    eve.call("POST", "/v2/group", {"name": ATTACK, "description": ATTACK})
    for one, other in ((eve, bo), (bo, eve)):
        one.call("POST", f"/v2/friend?ids={other.id}")
    objects = [{"collection": ATTACK, "key": ATTACK, "value": json.dumps({ATTACK: ATTACK})}]
    eve.call("PUT", "/v2/storage", {"objects": objects})
    record = (eve.id, ATTACK, 1, 0, {ATTACK: ATTACK})
    server.nk.leaderboard_record_write(ATTACK, *record)
    server.nk.tournament_record_write(f"t{ATTACK}", *record)
    quoted = urllib.parse.quote(ATTACK, safe="")
    eve.call("POST", f"/v2/rpc/{quoted}?unwrap", {ATTACK: ATTACK})
    eve.call("GET", f"/v2/{quoted}?{quoted}={quoted}")
    message = PushMessage(contents={"en": ATTACK, "de": ATTACK})
    server.pushes.on_event(7, also_online=True)(lambda event: message)
    registration = {"oneSignalUserId": ATTACK, "platform": ATTACK}
    eve.call("POST", "/push/registration", registration)
    server.run(server.notifications.send(eve.id, ATTACK, {ATTACK: ATTACK}, code=7))
    server.faults.add(Fault.close(4000, reason=ATTACK), "in rpc", user=eve.id)
    _meet(server, stack.enter_context(eve.connect()))
    return eve


def _meet(server: MockServer, socket: Any) -> None:
    match = server.run(_create_match(server))
    ask(socket, "match_join", {"match_id": match, "metadata": {ATTACK: ATTACK}})
    ask(socket, "channel_join", {"type": 1, "target": "<img src=x onerror=alert(6)>"})
    label = {"open": True, "max_size": 2, "label": json.dumps({ATTACK: ATTACK})}
    ask(socket, "party_create", label)
    properties = {"string_properties": {ATTACK: ATTACK}}
    search = {"min_count": 2, "max_count": 2, "query": '"<img src=x onerror=alert(7)>"'}
    ask(socket, "matchmaker_add", {**search, **properties})
    ask(socket, "match_create", {"name": ATTACK})


async def _create_match(server: MockServer) -> str:
    match: str = await server.nk.match_create(ATTACK, {})
    return match


# View → how many of its rows are opened at most; the rest is like them.
HOSTILE_VIEWS = {
    "overview": 9,
    "requests": 12,
    "players": 9,
    "storage": 9,
    "boards": 9,
    "matches": 9,
    "parties": 9,
    "tickets": 9,
    "pushes": 9,
    "faults": 9,
    "modules&q=<img": 9,
    "explorer&q=<img": 9,
}


FIRST_ROWS = ("overview", "players", "faults", "modules&q=<img")  # have one of their own


def test_texts_stay_texts_whatever_they_hold(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "hostile.py").write_text(HOSTILE, encoding="utf-8")
    config = Config.from_settings({"runtime.path": str(tmp_path)})
    with ExitStack() as stack:
        server = stack.enter_context(MockServer(config))
        page = stack.enter_context(opened(browser, base_url=server.console_url))
        eve = attack(server, stack)
        (tmp_path / "hostile.py").write_text(f"raise ValueError({ATTACK!r})", encoding="utf-8")
        call(f"{server.console_url}/_control/modules/reload", "POST", body={})
        for view, most in HOSTILE_VIEWS.items():
            page.goto(f"/?view={view}")
            rows = page.locator("a.row")
            expect(rows.nth(1 if view in FIRST_ROWS else 0)).to_be_visible()
            found = False
            for place in range(min(rows.count(), most)):
                rows.nth(place).click()
                expect(page.locator("#detail h2")).to_be_focused()
                assert page.locator("main img, main svg, main script").count() == 0, view
                assert page.locator("a[href^=javascript]").count() == 0
                found |= "<img src=x" in (page.locator("#detail").text_content() or "")
            assert found, view
        page.goto(f"/?view=players&id={eve.id}")
        expect(page.locator("#detail h2")).to_contain_text("<img src=x")
        page.get_by_role("button", name="Ban…").click()
        expect(page.get_by_role("dialog")).to_contain_text("Ban <img src=x")
        quoted = urllib.parse.quote(ATTACK, safe="")
        page.goto(f"/?view=explorer&id={urllib.parse.quote('rpc:', safe='')}{quoted.lower()}")
        page.get_by_label("As player").fill(ATTACK)
        page.get_by_role("button", name="Call", exact=True).click()
        expect(page.locator("[data-key=result]")).to_contain_text("<img src=x")
        for view in ("players&id=new", "faults&id=new", "explorer&id=WriteStorageObjects"):
            page.goto(f"/?view={view}")
            fields = page.locator("#detail :is(input:not([type]), textarea)")
            expect(fields.first).to_be_visible()
            for field in fields.all():
                field.fill(ATTACK)
            page.locator("#detail form .main").click()
            expect(page.locator("#said")).to_have_attribute("data-tone", "bad")
            assert page.locator("body > *:not(header) :is(img, svg, script)").count() == 0
        page.goto(f"/?view=storage&user={quoted}&collection={quoted}")
        expect(page.locator("#chips")).to_contain_text("collection <img src=x")


def test_the_page_says_that_the_server_is_gone_and_comes_back(browser: Browser) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(MockServer())
        page = stack.enter_context(opened(browser, base_url=first.console_url))
        ada = log_in(first, "ada")
        page.goto(f"/?view=players&id={ada.id}")
        expect(page.locator("#live")).to_have_text("Live")
        page.get_by_label("Subject").fill("Half written")
        port = int(first.console_url.rpartition(":")[2])
        first.__exit__(None, None, None)
        expect(page.locator("#live")).to_contain_text("Server gone")
        expect(page.locator("#detail h2")).to_have_text("ada")
        expect(page.get_by_label("Subject")).to_have_value("Half written")
        console = ConsoleConfig(port=port)
        with MockServer(Config(console=console)) as second:
            expect(page.locator("#live")).to_have_text("Live")
            expect(page.locator("#detail h2")).to_have_text("Not here")
            log_in(second, "bo")
            expect(row(page, "bo")).to_be_visible()


def test_on_the_network_the_page_asks_for_the_consoles_login(browser: Browser) -> None:
    console = ConsoleConfig(address="0.0.0.0", username="boss", password="secret")
    anywhere = SocketConfig(address="0.0.0.0")
    with MockServer(Config(console=console, socket=anywhere)) as server:
        url = f"http://127.0.0.1:{server.console_url.rpartition(':')[2]}"
        for credentials in (None, {"username": "boss", "password": "wrong"}):
            context = browser.new_context(http_credentials=credentials)
            for path in ("", "_web/console/console.js", "_control/console/players"):
                assert context.request.get(f"{url}/{path}").status == 401
            context.close()
        login = {"username": "boss", "password": "secret"}
        with opened(browser, base_url=url, http_credentials=login) as page:
            page.goto("/?view=players")
            expect(page.locator("#live")).to_have_text("Live")
            log_in(server, "ada")
            open_row(page, "ada")
            page.get_by_label("Subject").fill("Over the network")
            page.get_by_role("button", name="Send", exact=True).click()
            expect(page.locator("#detail")).to_contain_text("Over the network")
            answer = page.request.get("/_control/console/requests?q=authenticate").json()
            assert "http://127.0.0.1:" in answer["items"][0]["curl"]
            page.goto("/?view=explorer&id=GetAccount&as=ada")
            page.get_by_role("button", name="Call", exact=True).click()
            expect(page.locator("[data-key=result]")).to_contain_text('"username": "ada"')


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    config = game_config(tmp_path_factory.mktemp("modules"))
    with MockServer(config) as server, playing(server):
        yield server


VIEWS = (
    "?view=requests",
    "?view=players",
    "?view=players&id=new",
    "?view=storage",
    "?view=boards",
    "?view=boards&q=nothing-matches",
    "?view=matches",
    "?view=parties",
    "?view=tickets",
    "?view=pushes",
    "?view=faults",
    "?view=modules",
    "?view=explorer&id=rpc:claim_chest",
    "?view=explorer&id=WriteStorageObjects",
    "",
)
IN_THE_DARK = ("", "?view=players", "?view=boards", "?view=modules", VIEWS[-2])


@pytest.mark.parametrize(
    ("scheme", "width", "views"),
    [
        ("light", 1440, VIEWS),
        ("dark", 390, IN_THE_DARK),
    ],
)
def test_axe_finds_no_accessibility_violations(
    scheme: Any,
    width: int,
    views: tuple[str, ...],
    browser: Browser,
    game: MockServer,
    axe: str,
) -> None:
    with opened(
        browser,
        base_url=game.console_url,
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        bypass_csp=True,  # for axe only
    ) as page:
        page.goto("/?view=faults&id=1")
        expect(page.locator("#live")).to_have_text("Live")
        for view in views:
            move(page, view)
            if "&" not in view:
                page.locator("a.row").last.evaluate("row => row.click()")
                expect(page.locator("#detail h2")).to_be_focused()
            assert page.evaluate("document.documentElement.scrollWidth") == width, view
            assert violations(page, axe) == [], view
