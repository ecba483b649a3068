"""`/templates`."""

from __future__ import annotations

from onesignal_stub.access import Key
from onesignal_stub.errors import refused
from onesignal_stub.features.apps.audit import AuditLog
from onesignal_stub.features.apps.core import Apps
from onesignal_stub.features.templates.core import Templates
from onesignal_stub.http import ApiCall, ApiReply, ApiRoute
from onesignal_stub.paging import page_of

_MAX_PAGE = 50


def routes(templates: Templates, apps: Apps, audit: AuditLog) -> list[ApiRoute]:
    """The routes of templates."""
    api = _TemplatesApi(templates, apps, audit)
    return [
        ApiRoute("POST", "/templates", api.create),
        ApiRoute("GET", "/templates", api.list),
        ApiRoute("GET", "/templates/{template_id}", api.view),
        ApiRoute("PATCH", "/templates/{template_id}", api.update),
        ApiRoute("DELETE", "/templates/{template_id}", api.delete),
        ApiRoute("POST", "/templates/{template_id}/copy_to_app", api.copy, Key.ACCOUNT),
    ]


class _TemplatesApi:
    def __init__(self, templates: Templates, apps: Apps, audit: AuditLog) -> None:
        self._templates = templates
        self._apps = apps
        self._audit = audit

    def create(self, call: ApiCall) -> ApiReply:
        return ApiReply(self._templates.create(call.app_id, call.body))

    def list(self, call: ApiCall) -> ApiReply:
        page = page_of(call.query, maximum=_MAX_PAGE)
        found = self._templates.page(
            call.app_id, limit=page.limit, offset=page.offset, channel=call.query.get("channel")
        )
        return ApiReply({"templates": found})

    def view(self, call: ApiCall) -> ApiReply:
        return ApiReply(self._templates.view(call.app_id, call.path["template_id"]))

    def update(self, call: ApiCall) -> ApiReply:
        return ApiReply(self._templates.update(call.app_id, call.path["template_id"], call.body))

    def delete(self, call: ApiCall) -> ApiReply:
        self._templates.delete(call.app_id, call.path["template_id"])
        return ApiReply({"success": True})

    def copy(self, call: ApiCall) -> ApiReply:
        target = call.body.get("target_app_id")
        if not isinstance(target, str) or self._apps.view(target.lower()) is None:
            raise refused(f"Couldn't find app with id = {target}")
        copied = self._templates.copy(call.app_id, call.path["template_id"], target.lower())
        self._audit.write("template.copied", "template", copied["id"], app_id=target.lower())
        return ApiReply(copied)
