"""The inbox under hostile texts, a hundred thousand pushes and the rules of accessibility."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from onesignal_stub import OneSignalStub

from .axe import violations
from .conftest import opened
from .elements import ATTACK, move
from .scene import Backend, play

MANY = 100_000
VIEWS = ("", "?view=devices", "?view=users", "?view=segments", "?view=templates", "?view=apps")


def attack(backend: Backend) -> None:
    """Put markup and script links into every text that a page shows."""
    stub, app = backend.stub, backend.stub.app_id
    player = backend.device(
        identifier=ATTACK,
        device_model=ATTACK,
        device_os=ATTACK,
        game_version=ATTACK,
        language="<b",
        external_user_id=ATTACK,
        tags={ATTACK: ATTACK},
    )
    filters = [{"field": "tag", "key": ATTACK, "relation": "=", "value": ATTACK}]
    segment = {"name": ATTACK[:120], "description": ATTACK, "filters": filters}
    backend("POST", f"/apps/{app}/segments", segment)
    texts = {"contents": {"en": ATTACK}, "headings": {"en": ATTACK}, "subtitle": {"en": ATTACK}}
    template = backend("POST", "/templates", {"app_id": app, "name": ATTACK[:120], **texts})
    script = "javascript:alert(4)"
    buttons = [{"id": ATTACK, "text": ATTACK, "url": script}]
    backend.send(
        template_id=template["id"],
        contents={},
        filters=filters,
        buttons=buttons,
        web_buttons=buttons,
        big_picture=script,
        chrome_web_image=script,
        large_icon=script,
        url=script,
        data={ATTACK: ATTACK},
        collapse_id=ATTACK[:60],
        ios_badgeType="SetTo",
        ios_badgeCount=7,
        **{ATTACK: ATTACK},
    )
    backend.send(**texts, include_external_user_ids=[ATTACK, f"{ATTACK}{ATTACK}"])
    backend.device(2, device_type=11, identifier="a@example.com", external_user_id=ATTACK)
    backend.send(
        contents={},
        email_subject=ATTACK,
        email_body=ATTACK,
        include_email_tokens=["a@example.com"],
    )
    renamed = {"name": ATTACK}
    request = {"Authorization": f"Key {stub.user_key}"}
    Backend(stub, request)("PUT", f"/apps/{app}", renamed)
    push = next(push for push in stub.pushes if push.player_id == player)
    backend("POST", f"/_control/pushes/{push.id}/open", {"action_id": ATTACK})


def test_texts_stay_texts_whatever_they_hold(page: Page) -> None:
    with OneSignalStub() as stub:
        attack(Backend(stub))
        for address in VIEWS:
            page.goto(f"{stub.url}/{address}")
            expect(page.locator("a.row").first).to_contain_text("<img src=x")
            for place in range(page.locator("a.row").count()):
                page.locator("a.row").nth(place).click()
                current = page.locator("a.row").nth(place)
                expect(current).to_have_attribute("aria-current", "true")
                title = current.locator(".title").text_content() or ""
                expect(page.locator("#detail h2")).to_have_text(title)
                assert page.locator("main img, main svg, main script, main b").count() == 0
                assert page.locator("a[href^=javascript]").count() == 0
        page.goto(f"{stub.url}/?q={ATTACK.replace(' ', '+')}&user=<img src=x onerror=alert(5)>")
        expect(page.locator("#chips")).to_contain_text("user <img src=x onerror=alert(5)>")
        page.goto(f"{stub.url}/?id=2&find=x")
        finder = page.locator("[data-find]")
        finder.fill(ATTACK)
        finder.press("Enter")
        expect(page).to_have_url(re.compile("find=%3Cimg"))
        expect(finder).to_have_value(ATTACK)
        assert page.locator("main img, main svg, main script").count() == 0


NUMBERS = """
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?),
    rows AS (SELECT n, printf('00000000-0000-0000-0000-%012x', n) AS id FROM numbers)
"""


@pytest.fixture(scope="module")
def many(stub: OneSignalStub) -> OneSignalStub:
    async def fill() -> None:
        service = stub._service
        assert service is not None
        audience = {
            "targeting": "ids",
            "ways": ["include_external_user_ids"],
            "excluded": [],
            "platforms": [],
            "left_out": {},
            "unknown": {},
            "unknown_count": 0,
        }
        store, app = service.store, stub.app_id
        with store.transaction():
            store.run(
                f"{NUMBERS} INSERT INTO notifications (number, id, app_id, request, state,"
                " recipients, queued_at, send_after, ttl)"
                " SELECT n, id, ?, '{}', 'sent', 1, n, n, 1 FROM rows",
                MANY,
                app,
            )
            store.run(
                f"{NUMBERS} INSERT INTO messages (app_id, notification, request, content, ignored,"
                " audience, words, asked_at)"
                """ SELECT ?, n, '{}', printf('{"contents":{"en":"Push number %d"}}', n), '[]',"""
                " ?, printf('push number %d', n), n FROM rows",
                MANY,
                app,
                json.dumps(audience),
            )
            store.run(
                f"{NUMBERS} INSERT INTO texts (number, notification, language, contents)"
                " SELECT n, n, 'en', printf('Push number %d', n) FROM rows",
                MANY,
            )
            store.run(
                f"{NUMBERS} INSERT INTO delivery_rows (notification, subscription, subscription_id,"
                " onesignal_id, external_id, device_type, text, sent_at)"
                " SELECT n, n, id, id, printf('player-%d', n), 1, n, n FROM rows",
                MANY,
            )

    stub.run(fill())
    return stub


def test_a_hundred_thousand_pushes_come_a_page_at_a_time(many: OneSignalStub, page: Page) -> None:
    rows = page.locator("a.row")
    page.goto("/")
    expect(page.locator("#count")).to_have_text("100,000 notifications")
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(100)
    page.get_by_label("Search").fill("player-7777")
    expect(rows).to_have_count(11)  # and 77770 to 77779
    page.get_by_label("Search").fill("number 4711")
    expect(rows).to_have_count(22)  # two have it in their ids
    rows.last.click()
    expect(page.locator("#detail")).to_contain_text("player-4711")
    page.goto("/?user=player-99&latest")
    expect(page.locator("#detail .phone")).to_contain_text("Push number 99")


@pytest.fixture(scope="module")
def game() -> Iterator[OneSignalStub]:
    with OneSignalStub() as running:
        play(Backend(running))
        yield running


DETAILS = ("?id=2", "?view=users&q=ada", "?q=nothing-matches", "?id=99")


@pytest.mark.parametrize(
    ("scheme", "width", "addresses"),
    [
        ("light", 1280, (*VIEWS, *DETAILS)),
        ("dark", 1280, ("?id=2", "?view=devices")),
        ("light", 390, ("", "?id=2")),
        ("dark", 390, ("?id=2",)),
    ],
)
def test_axe_finds_no_accessibility_violations(
    scheme: Any,
    width: int,
    addresses: tuple[str, ...],
    browser: Browser,
    game: OneSignalStub,
    axe: str,
) -> None:
    with opened(
        browser,
        base_url=game.url,
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        bypass_csp=True,  # for axe only
    ) as page:
        page.goto("/?id=1")
        expect(page.locator("#live")).to_have_text("Live")
        for address in addresses:
            move(page, address)
            assert violations(page, axe) == [], address
        move(page, "")
        page.get_by_role("button", name="Clear…").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert violations(page, axe) == []
