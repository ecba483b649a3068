"""What a game has on its server, in the console: boards, matches, parties, storage, modules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen
from playwright.sync_api import Browser, Page, expect

from mock_server import Config, MockServer
from mock_server.wire.messages import CLIENT_MEMBERS

from .conftest import opened
from .elements import card, get, open_row, row
from .game import Player, ask, game_config, log_in, playing


@frozen
class Game:
    """A running game."""

    server: MockServer
    players: dict[str, Player]


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Game]:
    config = game_config(tmp_path_factory.mktemp("modules"))
    with MockServer(config) as server, playing(server) as players:
        yield Game(server, players)


@pytest.fixture
def console(browser: Browser, game: Game) -> Iterator[Page]:
    with opened(browser, base_url=game.server.console_url) as ready:
        yield ready


def test_the_overview_counts_what_there_is(game: Game, console: Page) -> None:
    console.goto("/")
    numbers = console.locator(".numbers")
    for text in ("4boards", "2matches", "1parties", "2tickets", "2fault rules", "4sockets"):
        expect(numbers).to_contain_text(text)
    numbers.get_by_role("link", name="2 tickets").click()
    expect(console.locator("#count")).to_have_text("2 tickets")


def test_the_overview_has_what_modules_count(console: Page) -> None:
    console.goto("/?id=server")
    metrics = card(console, "Metrics of modules")
    expect(metrics).to_contain_text("chests kind=<b>gold</b>")
    expect(metrics).to_contain_text("3 (counter, 1 write)")
    expect(metrics).to_contain_text("2.5 ms (timer, 1 write)")


def test_a_leaderboard_shows_its_rules_and_who_leads(game: Game, console: Page) -> None:
    console.goto("/?view=boards")
    expect(console.locator("#count")).to_have_text("4 boards")
    console.get_by_label("Kind").select_option("leaderboard")
    expect(console.locator("#count")).to_have_text("2 boards")
    open_row(console, "weekly_trophies")
    detail = console.locator("#detail")
    for text in (
        "Highest first, the best score",
        "0 0 * * 1",
        "Next reset",
        '"icon": "cup"',
    ):
        expect(detail).to_contain_text(text)
    lines = card(console, "Records").locator("tbody tr")
    expect(lines).to_have_count(6)
    expect(lines.nth(1)).to_contain_text(re.compile("^2bo45,10011"))
    lines.first.get_by_role("link", name="ada").click()
    expect(detail.locator("h2")).to_have_text("ada")
    assert get(game.server, "boards?id=weekly_trophies")["items"][0]["records"][0]["rank"] == 1


def test_a_tournament_shows_when_it_takes_scores_and_the_attempts(
    game: Game, console: Page
) -> None:
    game.players["fay"].call("PUT", "/v2/tournament/clan_war", {"score": "70"})
    console.goto("/?view=boards&kind=tournament&q=foxes")
    expect(console.locator("#count")).to_have_text("1 board")
    expect(row(console, "Clan war")).to_contain_text("active")
    open_row(console, "Clan war")
    detail = console.locator("#detail")
    for text in ("scores are added", "1 of 100 taken", "3 scores each", "1 day", "Takes scores"):
        expect(detail).to_contain_text(text)
    expect(card(console, "Records")).to_contain_text("fay7001 of 3")


def test_matches_show_their_members_and_their_state(game: Game, console: Page) -> None:
    console.goto("/?view=matches")
    expect(console.locator("#count")).to_have_text("2 matches")
    open_row(console, "arena")
    expect(card(console, "Presences")).to_contain_text(re.compile("ada.*bo", re.DOTALL))
    expect(card(console, "Label")).to_contain_text('"map": "Frozen Lake"')
    expect(card(console, "State")).to_contain_text('"ada": 0')
    expect(console.locator("#detail")).to_contain_text("5 ticks a second")
    members = card(console, "Presences").locator("tbody tr")
    with game.players["emre"].connect() as socket:
        match_id = get(game.server, "matches?kind=handler")["items"][0]["id"]
        ask(socket, "match_join", {"match_id": match_id})
        expect(members).to_have_count(3)
    expect(members).to_have_count(2)
    console.get_by_label("Kind").select_option("relayed")
    open_row(console, "Relayed match")
    expect(card(console, "Presences")).to_contain_text("chidi")
    console.get_by_label("Search").fill("nobody-plays-this")
    expect(console.locator("#below")).to_contain_text("Nothing matches")


def test_a_party_shows_members_leader_and_tickets(game: Game, console: Page) -> None:
    console.goto("/?view=parties&state=open")
    open_row(console, "Party of dunja")
    members = card(console, "Members").locator("tbody tr")
    expect(members).to_have_count(2)
    expect(members.first).to_contain_text("leader")
    party_id = get(game.server, "parties")["items"][0]["id"]
    card(console, "Matchmaker tickets").get_by_role("link").click()
    expect(console.locator("#detail h2")).to_have_text("dunja, chidi")
    expect(console.locator("#detail")).to_contain_text("+properties.mode:ranked")
    expect(card(console, "Properties")).to_contain_text('"level": 12')
    console.get_by_role("link", name=party_id).click()
    expect(console.locator("#detail h2")).to_have_text("Party of dunja")


def test_storage_is_searched_and_opened(game: Game, console: Page) -> None:
    key = "a/b?c=d e%"
    objects = [{"collection": "odd", "key": key, "value": '{"odd":true}'}]
    game.players["fay"].call("PUT", "/v2/storage", {"objects": objects})
    console.goto("/?view=storage")
    expect(console.locator("#count")).to_have_text("3 objects")
    console.get_by_label("Search").fill("ADA")
    expect(console.locator("#count")).to_have_text("2 objects")
    open_row(console, "main")
    expect(card(console, "Value")).to_contain_text('"level": 12')
    console.get_by_role("link", name="decks", exact=True).click()
    expect(console.locator("#chips")).to_contain_text("collection decks")
    expect(console.locator("#count")).to_have_text("1 object")
    console.get_by_role("link", name="Remove collection").click()
    open_row(console, key)
    expect(card(console, "Value")).to_contain_text('"odd": true')
    same = console.locator("#detail").get_by_role("link", name="/_control/console/storage?id=")
    shown = console.request.get(same.get_attribute("href") or "").json()
    assert [each["key"] for each in shown["items"]] == [key]


def test_a_player_shows_sockets_with_what_they_are_in(game: Game, console: Page) -> None:
    console.goto(f"/?view=players&id={game.players['ada'].id}")
    sockets = card(console, "Sockets")
    for text in ("json", "match authoritative", "channel tavern", "notifications"):
        expect(sockets).to_contain_text(text)
    devices = get(game.server, f"players?id={game.players['ada'].id}")["items"][0]["login_devices"]
    expect(console.locator("#detail")).to_contain_text(devices[0])
    card(console, "Storage").get_by_role("link", name="main").click()
    expect(console.locator("#detail h2")).to_have_text("main")


def test_modules_show_what_is_registered_in_each_language(game: Game, console: Page) -> None:
    console.goto("/?view=modules")
    expect(card(console, "Loaded")).to_contain_text("chests.lua")
    expect(row(console, "claim_chest")).to_contain_text("Lua")
    expect(row(console, "echo")).to_contain_text("Python")
    expect(row(console, "register_push").first).to_contain_text("built in")
    console.get_by_label("Language").select_option("Lua")
    for text in ("ListFriends", "channel_join", "Leaderboard reset"):
        expect(row(console, text)).to_be_visible()
    expect(row(console, "echo")).to_be_hidden()
    open_row(console, "claim_chest")
    console.get_by_role("link", name="Call it").click()
    expect(console.locator("#detail h2")).to_have_text("claim_chest")


def test_reload_modules_loads_them_or_answers_with_the_error(
    browser: Browser, tmp_path: Path
) -> None:
    module = tmp_path / "shop.py"
    module.write_text("def init_module(nk):\n    nk.register_rpc(lambda c, p: p, 'first')\n")
    config = Config.from_settings({"runtime.path": str(tmp_path)})
    with (
        MockServer(config) as server,
        opened(browser, base_url=server.console_url) as console,
    ):
        console.goto("/?view=modules&id=loaded")
        expect(row(console, "first")).to_be_visible()
        module.write_text("def init_module(nk):\n    nk.register_rpc(lambda c, p: p, 'second')\n")
        console.get_by_role("button", name="Load anew").click()
        expect(row(console, "second")).to_be_visible()
        expect(row(console, "first")).to_be_hidden()
        module.write_text("def init_module(nk):\n    raise ValueError('no stock')\n")
        console.get_by_role("button", name="Load anew").click()
        expect(card(console, "The last load failed")).to_contain_text("no stock")
        expect(row(console, "second")).to_be_visible()
        module.write_text("def init_module(nk):\n    nk.register_rpc(lambda c, p: p, 'third')\n")
        server.run(server.reload_modules())  # as a watched file does: the page hears of it
        expect(row(console, "third")).to_be_visible()
        assert get(server, "modules")["loaded"]["loads"] == 3


def test_the_explorer_calls_an_operation_as_a_player(game: Game, console: Page) -> None:
    log_in(game.server, "gus")
    console.goto("/?view=explorer&q=leaderboard")
    row(console, "ListLeaderboardRecordsAroundOwner").wait_for()
    row(console, "/v2/leaderboard/{leaderboard_id}").last.wait_for()
    console.goto("/?view=explorer&id=ListLeaderboardRecords")
    console.get_by_label("As player").fill("bo")
    console.locator('[name="field.leaderboard_id"]').fill("weekly_trophies")
    console.locator('[name="field.owner_ids"]').fill(game.players["ada"].id)
    console.locator('[name="field.limit"]').fill("2")
    console.get_by_role("button", name="Call", exact=True).click()
    result = card(console, "What came back")
    for text in ("200", " ms", "limit=2", '"username": "ada"', '"rank_count": "6"'):
        expect(result).to_contain_text(text)
    entry = get(game.server, "requests?q=GET%20/v2/leaderboard/weekly")["items"][0]
    assert (entry["username"], entry["status"]) == ("bo", 200)
    assert "as=bo" in console.url
    console.locator('[name="field.limit"]').fill("many")
    console.get_by_role("button", name="Call", exact=True).click()
    expect(result).to_contain_text("400")
    expect(result).to_contain_text("parsing field")


def test_the_explorer_sends_bodies_and_refuses_what_is_no_json(game: Game, console: Page) -> None:
    console.goto("/?view=explorer&id=WriteStorageObjects&as=ada")
    field = console.locator('[name="field.objects"]')
    objects = json.loads(field.get_attribute("placeholder") or "")
    assert {"collection", "key", "value"} <= set(objects[0])
    field.fill("[{")
    console.get_by_role("button", name="Call", exact=True).click()
    expect(console.locator("#said")).to_contain_text("objects is no JSON")
    field.fill(json.dumps([{"collection": "explored", "key": "k", "value": "{}"}]))
    console.get_by_role("button", name="Call", exact=True).click()
    expect(card(console, "What came back")).to_contain_text('"collection": "explored"')
    assert get(game.server, "storage?collection=explored")["total"] == 1
    objects = [{"collection": "explored", "key": "k"}]
    game.players["ada"].call("PUT", "/v2/storage/delete", {"object_ids": objects})
    console.goto("/?view=explorer&id=WriteLeaderboardRecord&as=ada")
    console.locator('[name="field.leaderboard_id"]').fill("fastest_lap")
    console.locator('[name="field.score"]').fill("90000")
    console.locator('[name="field.operator"]').select_option("BEST")
    console.get_by_role("button", name="Call", exact=True).click()
    expect(card(console, "What came back")).to_contain_text('"score": "90000"')


def test_the_explorer_calls_rpcs_with_and_without_a_player(game: Game, console: Page) -> None:
    console.goto("/?view=explorer&kind=rpc")
    open_row(console, "claim_chest")
    console.locator('[name="field.payload"]').fill('{"chest": 7}')
    console.get_by_role("button", name="Call", exact=True).click()
    expect(card(console, "What came back")).to_contain_text('"gold": 250')
    open_row(console, "open_shop")
    console.get_by_label("As player").fill("ada")
    console.get_by_role("button", name="Call", exact=True).click()
    expect(card(console, "What came back")).to_contain_text("500")
    console.get_by_label("As player").fill("nobody")
    console.get_by_role("button", name="Call", exact=True).click()
    expect(console.locator("#said")).to_contain_text("no player has the id or user name 'nobody'")


def test_the_explorer_sends_a_socket_message(game: Game, console: Page) -> None:
    console.goto("/?view=explorer&kind=frame&as=emre")
    expect(console.locator("#count")).to_have_text(f"{len(CLIENT_MEMBERS)} endpoints")
    open_row(console, "status_follow")
    console.locator('[name="field.usernames"]').fill("ada\nbo")
    console.get_by_role("button", name="Call", exact=True).click()
    result = card(console, "What came back")
    expect(result).to_contain_text('"status"')
    open_row(console, "channel_join")
    console.locator('[name="field.target"]').fill("tavern")
    console.locator('[name="field.type"]').fill("1")
    console.locator('[name="field.persistence"]').select_option("true")
    console.get_by_role("button", name="Call", exact=True).click()
    expect(result).to_contain_text('"room_name": "tavern"')
    expect(result).to_contain_text('"username": "ada"')
    expect(result).not_to_contain_text("pong")


def test_the_explorer_by_keyboard(game: Game, console: Page) -> None:
    console.goto("/?view=explorer&as=ada")
    expect(console.locator("#live")).to_have_text("Live")
    console.keyboard.press("/")
    console.keyboard.type("claim_chest")
    expect(console.locator("#count")).to_have_text("1 endpoint")
    for _ in range(2):
        console.keyboard.press("Tab")
    expect(row(console, "claim_chest")).to_be_focused()
    console.keyboard.press("Enter")
    expect(console.locator("#detail h2")).to_be_focused()
    payload = console.locator('[name="field.payload"]')
    for _ in range(6):
        console.keyboard.press("Tab")
        if payload.evaluate("element => element === document.activeElement"):
            break
    console.keyboard.type('{"chest": 9}')
    console.keyboard.press("Tab")
    console.keyboard.press("Enter")
    expect(card(console, "What came back")).to_contain_text('"chest": 9')
    expect(payload).to_have_value('{"chest": 9}')
    console.keyboard.press("Escape")
    expect(row(console, "claim_chest")).to_be_focused()
