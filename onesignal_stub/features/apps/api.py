"""`/apps` with the account's key: apps, their API keys, the audit log."""

from __future__ import annotations

from onesignal_stub.access import Key
from onesignal_stub.errors import ApiError
from onesignal_stub.features.apps.audit import AuditLog
from onesignal_stub.features.apps.core import Apps, app_name, app_settings
from onesignal_stub.features.apps.keys import ApiKeys
from onesignal_stub.features.segments.core import Segments
from onesignal_stub.http import ApiCall, ApiReply, ApiRoute, Handler


def routes(apps: Apps, keys: ApiKeys, segments: Segments, audit: AuditLog) -> list[ApiRoute]:
    """The routes of apps."""
    api = _AppsApi(apps, segments, audit)
    tokens = _Keys(keys, audit)

    def account(method: str, path: str, handler: Handler, *, names_app: bool) -> ApiRoute:
        return ApiRoute(
            method,
            path,
            handler,
            Key.ACCOUNT,
            names_app=names_app,
            secret=True,
            unknown_app=_unknown_app,
        )

    token = "/apps/{app_id}/auth/tokens/{token_id}"
    return [
        account("POST", "/apps", api.create, names_app=False),
        account("GET", "/apps", api.list, names_app=False),
        account("GET", "/apps/{id}", api.view, names_app=False),
        account("PUT", "/apps/{id}", api.update, names_app=False),
        account("GET", "/apps/{app_id}/auth/tokens", tokens.list, names_app=True),
        account("POST", "/apps/{app_id}/auth/tokens", tokens.create, names_app=True),
        account("PATCH", token, tokens.update, names_app=True),
        account("DELETE", token, tokens.delete, names_app=True),
        account("POST", f"{token}/rotate", tokens.rotate, names_app=True),
        account(
            "GET", "/organizations/{organization_id}/audit_logs", tokens.audit, names_app=False
        ),
    ]


def _unknown_app(app_id: str) -> ApiError:
    return ApiError(404, {"errors": f"Couldn't find app with id = {app_id}"})


class _AppsApi:
    def __init__(self, apps: Apps, segments: Segments, audit: AuditLog) -> None:
        self._apps = apps
        self._segments = segments
        self._audit = audit

    def create(self, call: ApiCall) -> ApiReply:
        app_id = self._apps.add(app_name(call.body), app_settings(call.body))
        self._segments.add_defaults(app_id)
        self._audit.write("app.created", "app", app_id, app_id=app_id)
        return ApiReply(self._apps.view(app_id))

    def list(self, _call: ApiCall) -> ApiReply:
        return ApiReply(self._apps.all())

    def view(self, call: ApiCall) -> ApiReply:
        app = self._apps.view_without_key(call.path["id"].lower())
        if app is None:
            raise _unknown_app(call.path["id"])
        return ApiReply(app)

    def update(self, call: ApiCall) -> ApiReply:
        app_id = call.path["id"].lower()
        if self._apps.view(app_id) is None:
            raise ApiError(404, {"status": 404, "error": "Not Resolved"})
        self._apps.update(app_id, call.body)
        self._audit.write("app.updated", "app", app_id, app_id=app_id)
        return ApiReply(self._apps.view(app_id))


class _Keys:
    def __init__(self, keys: ApiKeys, audit: AuditLog) -> None:
        self._keys = keys
        self._audit = audit

    def list(self, call: ApiCall) -> ApiReply:
        return ApiReply({"tokens": self._keys.all(call.app_id)})

    def create(self, call: ApiCall) -> ApiReply:
        created = self._keys.create(call.app_id, call.body)
        self._log(call, "created", created["token_id"])
        return ApiReply(created)

    def update(self, call: ApiCall) -> ApiReply:
        self._keys.update(call.app_id, call.path["token_id"], call.body)
        self._log(call, "updated", call.path["token_id"])
        return ApiReply({})

    def rotate(self, call: ApiCall) -> ApiReply:
        rotated = self._keys.rotate(call.app_id, call.path["token_id"])
        self._log(call, "rotated", rotated["token_id"])
        return ApiReply(rotated)

    def delete(self, call: ApiCall) -> ApiReply:
        self._keys.delete(call.app_id, call.path["token_id"])
        self._log(call, "deleted", call.path["token_id"])
        return ApiReply({})

    def audit(self, call: ApiCall) -> ApiReply:
        return ApiReply(self._audit.page(call.path["organization_id"], call.query))

    def _log(self, call: ApiCall, what: str, token_id: str) -> None:
        self._audit.write(f"api_key.{what}", "api_key", token_id, app_id=call.app_id)
