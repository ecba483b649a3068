"""`/players/csv_export` and the files that exports write."""

from __future__ import annotations

from onesignal_stub import fields
from onesignal_stub.access import Key
from onesignal_stub.features.exports.core import Exports
from onesignal_stub.http import Call, Handler, Reply, Route
from onesignal_stub.steps import Steps

_MISSING_APP = "Request is malformed: Failed to parse app_id from request"
_GONE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"
)


def routes(exports: Exports) -> list[Route]:
    """The routes of exports."""
    api = _Api(exports)
    return [
        Route("POST", "/players/csv_export", api.players, missing_app=_MISSING_APP),
        *(
            Route(
                "GET", f"/{folder}/{{app}}/{{file}}", api.files(folder), Key.OPEN, names_app=False
            )
            for folder in ("csv_exports", "message_history")
        ),
    ]


class _Api:
    def __init__(self, exports: Exports) -> None:
        self._exports = exports

    def players(self, call: Call) -> Steps[Reply]:
        path = yield from self._exports.players(call.app_id, call.body)
        name = fields.text(call.body, "segment_name")
        if name and not self._exports.knows_segment(call.app_id, name):
            call.ignored.append(f"body: segment {name!r} does not exist")
        return Reply({"csv_file_url": f"{call.origin}/{path}"})

    def files(self, folder: str) -> Handler:
        def show(call: Call) -> Reply:
            content = self._exports.file(f"{folder}/{call.path['app']}/{call.path['file']}")
            if content is None:
                return Reply(_GONE, 404, content_type="application/xml")
            return Reply(content, content_type="application/gzip")

        return show
