import sys
from types import FrameType
from typing import Any

import pytest

from server_kit.nearest import nearest

KNOWN = ["GET /v2/account", "GET /v2/notification", "POST /v2/account/authenticate/device"]


@pytest.mark.parametrize(
    ("wrong", "right"), [("GET /v2/acount", KNOWN[0]), ("GET /v2/notifcations", KNOWN[1])]
)
def test_nearest_finds_the_name_that_was_meant(wrong: str, right: str) -> None:
    assert nearest(wrong, KNOWN) == right


def test_nearest_returns_none_when_nothing_is_known() -> None:
    assert nearest("GET /", []) is None


def test_nearest_compares_a_bounded_part_of_a_long_name() -> None:
    assert calls("GET " + "/ab" * 100_000) == calls("GET " + "/ab" * 100)


def calls(name: str) -> int:
    """How many calls a search takes."""
    count = 0

    def note(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        nearest(name, KNOWN)
    finally:
        sys.setprofile(before)
    return count
