"""`/players/csv_export` and the files that exports write."""

from __future__ import annotations

from onesignal_stub import fields
from onesignal_stub.access import Key
from onesignal_stub.features.exports.core import Exports
from onesignal_stub.http import ApiCall, ApiReply, ApiRoute, Handler
from onesignal_stub.steps import Steps

_MISSING_APP = "Request is malformed: Failed to parse app_id from request"
_GONE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"
)


def routes(exports: Exports) -> list[ApiRoute]:
    """The routes of exports."""
    api = _ExportsApi(exports)
    return [
        ApiRoute("POST", "/players/csv_export", api.players, missing_app=_MISSING_APP),
        *(
            ApiRoute(
                "GET", f"/{folder}/{{app}}/{{file}}", api.files(folder), Key.OPEN, names_app=False
            )
            for folder in ("csv_exports", "message_history")
        ),
    ]


class _ExportsApi:
    def __init__(self, exports: Exports) -> None:
        self._exports = exports

    def players(self, call: ApiCall) -> Steps[ApiReply]:
        path = yield from self._exports.players(call.app_id, call.body)
        name = fields.text(call.body, "segment_name")
        if name and not self._exports.knows_segment(call.app_id, name):
            call.ignored.append(f"body: segment {name!r} does not exist")
        return ApiReply({"csv_file_url": f"{call.origin}/{path}"})

    def files(self, folder: str) -> Handler:
        def show(call: ApiCall) -> ApiReply:
            content = self._exports.file(f"{folder}/{call.path['app']}/{call.path['file']}")
            if content is None:
                return ApiReply(_GONE, 404, content_type="application/xml")
            return ApiReply(content, content_type="application/gzip")

        return show
