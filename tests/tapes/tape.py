"""Loading tapes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

Step = dict[str, Any]

_FOLDER = Path(__file__).parent


@frozen
class Tape:
    """One recorded scenario.

    Attributes:
        name: What it is called.
        profile: The server configuration it was recorded with.
        types: The types of its variables.
        steps: The conversation, in order.
    """

    name: str
    profile: str
    types: Mapping[str, str]
    steps: list[Step]

    def outbound_answers(self) -> list[Mapping[str, Any]]:
        """What third parties answered to the calls the server made, in order."""
        return [step["response"] for step in self.steps if is_outbound(step)]


def is_outbound(step: Step) -> bool:
    """Tell whether the step is a call made by the server."""
    return bool(step.get("request", {}).get("direction") == "outbound")


def load_tape(name: str) -> Tape:
    """Read the tape of that name."""
    recorded = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return Tape(recorded["tape"], recorded["profile"], recorded["vars"], recorded["steps"])
