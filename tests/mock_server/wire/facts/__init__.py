"""What Nakama's messages are: field numbers, names and types, taken from Nakama 3.40."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FACTS: dict[str, dict[str, Any]] = {
    package: json.loads(
        (Path(__file__).parent / f"{package}_fields.json").read_text(encoding="utf-8")
    )
    for package in ("api", "realtime")
}
