import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server import Config, InvalidRule, PushConfig, PushEvent, PushRule

ENGLISH = {"en": "Hello"}


def event_with(**content: Any) -> PushEvent:
    return PushEvent(
        name="7",
        user_id="ada",
        sender_id="bob's id",
        sender="bob",
        code=7,
        subject="A gift",
        content=content,
        source_id="n",
    )


def test_a_text_names_what_the_event_has() -> None:
    rule = PushRule(
        event=7,
        contents={"en": "$sender: $subject, $coins coins for $$${price}", "de": "Von $sender"},
        headings={"en": "Code $code"},
    )
    message = rule.message(event_with(coins=5, price=1.5))
    assert message.contents == {"en": "bob: A gift, 5 coins for $1.5", "de": "Von bob"}
    assert message.headings == {"en": "Code 7"}
    assert message.data["event"] == "7"


def test_a_name_that_the_event_does_not_have_is_an_error() -> None:
    rule = PushRule(event=7, contents={"en": "$gold for you"})
    with pytest.raises(InvalidRule, match=r"names \$gold; this event has \$sender"):
        rule.message(event_with(gold=[1, 2], flag=True))


@given(text=st.text(), value=st.text())
def test_what_players_write_is_never_taken_for_a_template(text: str, value: str) -> None:
    rule = PushRule(event=7, contents={"en": "$text|$value"})
    message = rule.message(event_with(text=text, value=value))
    assert message.contents["en"] == f"{text}|{value}"


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (-2, "friend_request"),
        ("-2", "friend_request"),
        ("friend_request", "friend_request"),
        ("direct_message", "direct_message"),
        (7, "7"),
        ("7", "7"),
        (-1001, "-1001"),
    ],
)
def test_an_event_has_one_name(event: int | str, name: str) -> None:
    assert PushRule(event=event, contents=ENGLISH).event == name


@pytest.mark.parametrize("event", ["friend_reqest", "", "7a", True, None, 1.5, "1" * 5000, 1 << 31])
def test_an_unknown_event_is_refused_with_those_there_are(event: Any) -> None:
    with pytest.raises(InvalidRule, match="friend_request, friend_accept, group_add"):
        PushRule(event=event, contents=ENGLISH)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"event": 7}, "a rule has event, contents"),
        ({"contents": ENGLISH}, "a rule has event, contents"),
        ({"event": 7, "contents": ENGLISH, "titles": {}}, "this one has event, contents, titles"),
        ({"event": 7, "contents": {"de": "Hallo"}}, "'en'"),
        ({"event": 7, "contents": {}}, "'en'"),
        ({"event": 7, "contents": "Hello"}, "texts by language"),
        ({"event": 7, "contents": {"en": ""}}, r"contents\['en'\]"),
        ({"event": 7, "contents": {"en": 5}}, r"contents\['en'\]"),
        ({"event": 7, "contents": {"en": "5 $"}}, "a dollar sign"),
        ({"event": 7, "contents": ENGLISH, "headings": {"en": "$-"}}, r"headings\['en'\]"),
        ({"event": 7, "contents": ENGLISH, "also_online": "yes"}, "true or false"),
        ("friend_request", "a rule is an object"),
    ],
)
def test_a_rule_that_can_not_work_is_refused(entry: Any, problem: str) -> None:
    with pytest.raises(InvalidRule, match=problem):
        Config.from_settings({"push.on_event": [entry]})


def test_there_is_one_rule_for_an_event() -> None:
    rules = [{"event": -2, "contents": ENGLISH}, {"event": "friend_request", "contents": ENGLISH}]
    with pytest.raises(InvalidRule, match="several rules for 'friend_request'"):
        Config.from_settings({"push.on_event": rules})


def test_rules_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    path.write_text(json.dumps([{"event": "group_add", "contents": {"en": "In!", "fr": "Voilà"}}]))
    (rule,) = PushConfig(on_event=str(path)).on_event
    assert rule == PushRule(event=-4, contents={"en": "In!", "fr": "Voilà"})
    assert PushConfig(on_event="").on_event == ()


@pytest.mark.parametrize("text", ["{}", "not JSON", "[1]", "[" * 9999 + "]" * 9999])
def test_a_file_that_is_no_list_of_rules_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rules.json"
    path.write_text(text)
    with pytest.raises(InvalidRule):
        PushConfig(on_event=str(path))


@pytest.mark.parametrize(
    "setting",
    [
        {"push.target": "alias"},
        {"push.device_expiry_sec": -1},
        {"push.registration_path": "push"},
        {"push.queue_size": 0},
        {"push.timeout_sec": 0.0},
    ],
)
def test_a_setting_out_of_range_is_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(setting)).partition(".")[2]):
        Config.from_settings(setting)
