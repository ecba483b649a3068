"""What `public_api.py` says of a package that has changed."""

from pathlib import Path

import pytest

from tests.public_api import public_api, takes_the_same, unnamed_changes

BEFORE = """
__all__ = ["Client", "connect"]

class Base:
    def ping(self, *, timeout: float = 1.0) -> None: ...

class Client(Base):
    url: str
    def rpc(self, id: str, *payloads: str) -> str: ...
    def _private(self) -> None: ...

def connect(url: str) -> Client: ...
"""


def api_of(source: str, folder: Path) -> list[str]:
    folder.mkdir()
    (folder / "a_package.py").write_text(source, encoding="utf-8")
    return public_api(folder, ["a_package"])


def test_public_api_has_a_line_for_each_public_name(tmp_path: Path) -> None:
    assert api_of(BEFORE, tmp_path / "before") == [
        "a_package.Client",
        "a_package.Client.ping(*, timeout=1.0)",
        "a_package.Client.rpc(id, *payloads)",
        "a_package.Client.url",
        "a_package.connect(url)",
    ]


def test_changes_are_reported_until_the_changelog_names_them(tmp_path: Path) -> None:
    before = api_of(BEFORE, tmp_path / "before")
    source = BEFORE.replace("timeout: float = 1.0", "deadline: float = 1.0").replace(
        "    url: str", ""
    )
    now = api_of(source, tmp_path / "now")

    assert unnamed_changes(before, now, "") == [
        "a_package.Client.ping(*, timeout=1.0)",
        "a_package.Client.url",
    ]
    assert unnamed_changes(before, now, "`Client.ping` takes `deadline`") == [
        "a_package.Client.url"
    ]


@pytest.mark.parametrize(
    ("now", "same"),
    [
        ("f(a, b=1, *, c, d=2)", True),
        ("f(a, b=1, *, c, d=2, e=None)", True),
        ("f(a, b=1, x=0, *, c, d=2)", True),
        ("f(a, b=1, *, c, d=2, e)", False),
        ("f(a, b=2, *, c, d=2)", False),
        ("f(a, *, b=1, c, d=2)", False),
        ("f(x, a, b=1, *, c, d=2)", False),
        ("f(a, b=1, *, d=2)", False),
        ("f(a, b=1, *, c=0, d=2)", False),
    ],
)
def test_functions_take_the_same_with_further_optional_arguments_only(now: str, same: bool) -> None:
    assert takes_the_same("f(a, b=1, *, c, d=2)", now) is same


def test_new_names_are_no_change(tmp_path: Path) -> None:
    before = api_of(BEFORE, tmp_path / "before")
    now = api_of(BEFORE + "\n\ndef new() -> None: ...\n", tmp_path / "now")
    assert unnamed_changes(before, now, "") == []
