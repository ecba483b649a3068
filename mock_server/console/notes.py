"""The console's notes about accounts."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from aiohttp import web

from mock_server.console.forms import body_of, internal, invalid, query_of, user_of
from mock_server.cursor import BadCursor, decode_cursor, encode_cursor
from mock_server.identity import SYSTEM_USER
from mock_server.wire.output import timestamp
from mock_server.wire.schema import INT32, STRING, Message
from mock_server.wire.uuids import parse_uuid
from server_kit.store import Row

if TYPE_CHECKING:  # every start reads the table below, few need the console
    from mock_server.console.services import ConsoleRoute, ConsoleServices

SCHEMA = """
CREATE TABLE user_note (
    id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    note TEXT NOT NULL, create_time INTEGER NOT NULL, update_time INTEGER NOT NULL
);
CREATE INDEX user_note_user ON user_note (user_id, create_time, id);
"""

_ADD = Message("AddAccountNoteRequest", id=STRING, note=STRING)
_LIST = Message("ListAccountNotesRequest", limit=INT32, cursor=STRING)
_CURSOR = "console note"
_PAGE = 10
_END_OF_TIME = (1 << 63) - 1
_NOT_WRITTEN = "An error occurred while trying to add or update user note."


async def write_note(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Add a note, or change the note with an id, about any user."""
    user_id, given = user_of(request), await body_of(request, _ADD)
    if not given["note"]:
        raise invalid("Note cannot be empty.")
    spelled = given["id"] or str(uuid.uuid4())
    note_id = parse_uuid(spelled)
    if note_id is None or "\0" in given["note"]:
        raise internal(_NOT_WRITTEN)
    find = "SELECT * FROM user_note WHERE id = ?"
    there = services.store.one(find, note_id) is not None
    if not there and services.accounts.find(user_id) is None:
        raise internal(_NOT_WRITTEN)
    now = services.clock.tick()
    services.store.run(
        "INSERT INTO user_note VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        "note = excluded.note, update_time = excluded.update_time",
        note_id,
        user_id,
        given["note"],
        now,
        now,
    )
    row = services.store.one(find, note_id)
    assert row is not None, "it was just written"
    as_asked = {"id": spelled, "user_id": request.match_info["id"]}
    return _document(services, row) | as_asked | {"update_id": ""}


def list_notes(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """The notes about an account, the newest first."""
    user_id, asked = user_of(request), query_of(request, _LIST)
    position: list[Any] = [_END_OF_TIME, ""]
    if asked["cursor"]:
        try:
            owner, *position = decode_cursor(_CURSOR, asked["cursor"], str, int, str)
        except BadCursor:
            raise internal(
                "An error occurred while trying to decode user notes list request cursor."
            ) from None
        if owner != user_id:
            raise invalid("Cursor user identifier mismatch.")
    limit = asked["limit"] if 1 <= asked["limit"] <= 100 else _PAGE
    rows = services.store.all(
        "SELECT * FROM user_note WHERE user_id = ? AND (create_time, id) < (?, ?) "
        "ORDER BY create_time DESC, id DESC LIMIT ?",
        user_id,
        *position,
        limit + 1,
    )
    page, cursor = rows[:limit], ""
    if len(rows) > limit:
        cursor = encode_cursor(_CURSOR, user_id, page[-1]["create_time"], page[-1]["id"])
    as_asked = {"user_id": request.match_info["id"]}
    return {"notes": [_document(services, row) | as_asked for row in page], "cursor": cursor}


def delete_note(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Remove a note, whomever it is about; one that is not there is no error."""
    note_id = parse_uuid(request.match_info["note"])
    if note_id is None:
        raise internal("An error occurred while trying to delete the user note.")
    services.store.run("DELETE FROM user_note WHERE id = ?", note_id)
    return {}


def _document(services: ConsoleServices, row: Row) -> dict[str, Any]:
    operator = services.config.console.username
    return {
        "id": row["id"],
        "user_id": row["user_id"],
        "note": row["note"],
        "create_time": timestamp(row["create_time"] * 1000, digits=6),
        "update_time": timestamp(row["update_time"] * 1000, digits=6),
        "create_id": SYSTEM_USER,
        "create_username": operator,
        "update_id": SYSTEM_USER,
        "update_username": operator,
    }


ROUTES: tuple[ConsoleRoute, ...] = (
    ("POST", "/account/{id}/note", write_note),
    ("GET", "/account/{id}/note", list_notes),
    ("DELETE", "/account/{id}/note/{note}", delete_note),
)
"""What is served under `/v2/console`."""
