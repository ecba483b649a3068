"""Templates: content that notifications use by `template_id`."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import msgspec

from onesignal_stub import fields
from onesignal_stub.audience import Channel
from onesignal_stub.errors import refused
from onesignal_stub.room import check_room
from onesignal_stub.times import iso
from server_kit import Clock, Store
from server_kit.store import Row

MAX_NAME = 128
_NOT_CONTENT = {"id", "app_id", "name"}


class Templates:
    """The templates of all apps.

    Args:
        store: The tables.
        clock: The stub's time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(
        self, app_id: str, body: Mapping[str, Any], *, template_id: str | None = None
    ) -> dict[str, Any]:
        """Add a template and return it; its id is made up if none is given.

        Raises:
            ApiError: It has no name or nothing to show.
        """
        name = _name(body)
        content = _content(body)
        if not content.get("contents") and not content.get("email_body"):
            raise refused("contents or email_body is required")
        return self._insert(app_id, name, content, template_id=template_id)

    def update(self, app_id: str, template_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change the fields that are there and return the template.

        Raises:
            ApiError: There is no such template, or a field breaks a rule.
        """
        row = self._row(app_id, template_id)
        name = _name(body) if "name" in body else row["name"]
        content = msgspec.json.decode(row["content"]) | _content(body)
        self._store.run(
            "UPDATE templates SET name = ?, content = ?, updated_at = ? WHERE id = ?",
            name,
            msgspec.json.encode(content).decode(),
            self._clock.time(),
            row["id"],
        )
        check_room(self._store, "templates", "content", app_id)
        return self.view(app_id, template_id)

    def view(self, app_id: str, template_id: str) -> dict[str, Any]:
        """A template as OneSignal shows it.

        Raises:
            ApiError: There is none.
        """
        return _json(self._row(app_id, template_id))

    def page(
        self, app_id: str, *, limit: int, offset: int, channel: str | None
    ) -> list[dict[str, Any]]:
        """Templates of a channel, or of all, the newest first."""
        rows = self._store.all(
            "SELECT * FROM templates WHERE app_id = ? ORDER BY number DESC", app_id
        )
        shown = [_json(row) for row in rows]
        wanted = [template for template in shown if channel in {None, template["channel"]}]
        return wanted[offset : offset + limit]

    def delete(self, app_id: str, template_id: str) -> None:
        """Remove a template.

        Raises:
            ApiError: There is none.
        """
        self._store.run("DELETE FROM templates WHERE id = ?", self._row(app_id, template_id)["id"])

    def copy(self, app_id: str, template_id: str, target_app_id: str) -> dict[str, Any]:
        """Copy a template to another app and return the copy.

        Raises:
            ApiError: There is no such template.
        """
        row = self._row(app_id, template_id)
        return self._insert(target_app_id, row["name"], msgspec.json.decode(row["content"]))

    def resolve(self, app_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A notification's fields with those of its template where it has none itself.

        Raises:
            ApiError: It names a template that does not exist.
        """
        template_id = body.get("template_id")
        if not template_id:
            return dict(body)
        if not fields.is_uuid(template_id):
            raise refused("template_id must be a valid UUID")
        row = self._find(app_id, template_id)
        if row is None:
            raise refused(f"Template {template_id} was not found in this app")
        given = {name: value for name, value in body.items() if value not in ({}, [], None)}
        content: dict[str, Any] = msgspec.json.decode(row["content"])
        return content | given

    def name_of(self, app_id: str, template_id: object) -> str:
        """The name of the template that a notification uses; "" for none."""
        row = self._find(app_id, template_id) if isinstance(template_id, str) else None
        return "" if row is None else str(row["name"])

    def _insert(
        self,
        app_id: str,
        name: str,
        content: Mapping[str, Any],
        *,
        template_id: str | None = None,
    ) -> dict[str, Any]:
        template_id = (template_id or str(uuid.uuid4())).lower()
        now = self._clock.time()
        self._store.run(
            "INSERT INTO templates (id, app_id, name, content, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            template_id,
            app_id,
            name,
            msgspec.json.encode(content).decode(),
            now,
            now,
        )
        check_room(self._store, "templates", "content", app_id)
        return self.view(app_id, template_id)

    def _find(self, app_id: str, template_id: str) -> Row | None:
        return self._store.one(
            "SELECT * FROM templates WHERE app_id = ? AND id = ?", app_id, template_id.lower()
        )

    def _row(self, app_id: str, template_id: str) -> Row:
        row = self._find(app_id, template_id)
        if row is None:
            raise refused("Template not found", status=404)
        return row


def _name(body: Mapping[str, Any]) -> str:
    name = body.get("name")
    if not isinstance(name, str) or not name.strip():
        raise refused("name is required")
    if len(name) > MAX_NAME:
        raise refused(f"name is limited to {MAX_NAME} characters")
    return name


def _content(body: Mapping[str, Any]) -> dict[str, Any]:
    for name in ("contents", "headings", "subtitle"):
        fields.texts(body, name)
    fields.text(body, "email_subject")
    fields.text(body, "email_body")
    return {name: value for name, value in body.items() if name not in _NOT_CONTENT}


def _channel(content: Mapping[str, Any]) -> Channel:
    if content.get("isEmail") or content.get("email_body"):
        return "email"
    return "sms" if content.get("isSMS") else "push"


def _json(row: Row) -> dict[str, Any]:
    content = msgspec.json.decode(row["content"])
    return {
        "id": row["id"],
        "name": row["name"],
        "created_at": iso(row["created_at"]),
        "updated_at": iso(row["updated_at"]),
        "channel": _channel(content),
        "content": content,
    }
