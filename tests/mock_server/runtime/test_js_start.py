"""Small bundles, each started by a real Nakama 3.40: what it did, and what the mock does."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest

from mock_server.runtime.errors import ModuleLoadError
from tests.mock_server.runtime.game import serving

CASES = {
    case["name"]: case
    for case in json.loads(
        (Path(__file__).parents[2] / "javascript" / "start_cases.json").read_text("utf-8")
    )
}
PLACE = re.compile(r"index\.js:\d+:\d+\(\d+\)")


@pytest.mark.asyncio
@pytest.mark.parametrize("name", sorted(name for name, case in CASES.items() if case["starts"]))
async def test_a_valid_bundle_starts_and_answers_as_recorded(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    case = CASES[name]
    caplog.set_level(logging.DEBUG, "mock_server.modules")
    bundle = {} if case["index_js"] is None else {"index.js": case["index_js"]}
    async with serving(tmp_path, bundle) as game:
        for expected in case.get("rpc_t_f", ()):
            assert without_trace(await game.raw_rpc("t.f")) == expected
    for line in case.get("log", ()):
        assert any(is_told(line, record) for record in caplog.records), line


@pytest.mark.asyncio
@pytest.mark.parametrize("name", sorted(name for name, case in CASES.items() if not case["starts"]))
async def test_a_bundle_that_does_not_start(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    with pytest.raises(ModuleLoadError) as raised:
        async with serving(tmp_path, {"index.js": case["index_js"]}):
            pass
    message = str(raised.value)
    assert message.startswith(f"{tmp_path / 'index.js'}:")
    if case.get("silent"):
        assert re.match(r".*index\.js:\d+: .+exit code 0", message)
    elif case["error"].startswith("SyntaxError"):
        assert re.search(r": SyntaxError: index\.js: Line \d+:\d+ \S", message)
    else:
        assert without_places(case["error"]) in without_places(message)


def without_trace(answer: str) -> str:
    return re.sub(r'"error":\{"stackTrace":"[^"]*"\}', '"error":{}', answer)


def without_places(text: str) -> str:
    return PLACE.sub("index.js:0:0(0)", text)


def is_told(line: dict[str, Any], record: logging.LogRecord) -> bool:
    """Whether a line of the real log is in the mock's, its fields included."""
    level = {"warn": "warning"}.get(line["level"], line["level"])
    fields = [f"{key}={value}" for key, value in line.items() if key not in ("level", "msg")]
    message = record.getMessage()
    return record.levelname.lower() == level and all(
        part in message for part in (line["msg"], *fields)
    )
