"""Metadata of friend edges, kept as PostgreSQL's `jsonb`."""

from __future__ import annotations

from mock_server.wire.jsonb import jsonb_text


def merged(old: str, new: str) -> str:
    """What `old || new` is in PostgreSQL; both are `jsonb` text.

    Objects are united, the newer of equal keys stays; everything else becomes one array.

    https://www.postgresql.org/docs/current/functions-json.html
    """
    if old.startswith("{") and new.startswith("{"):
        members = ", ".join(filter(None, (old[1:-1], new[1:-1])))
        return jsonb_text(f"{{{members}}}")
    items = (text[1:-1] if text.startswith("[") else text for text in (old, new))
    return f"[{', '.join(filter(None, items))}]"
