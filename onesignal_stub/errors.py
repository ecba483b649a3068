"""The errors that the stub answers with, in OneSignal's own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """An answer that is not a success: its HTTP status and JSON body.

    Args:
        status: The HTTP status.
        body: The JSON body as OneSignal sends it.
        headers: Headers beyond the content type, as `Retry-After`.
    """

    def __init__(self, status: int, body: Any, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def refused(*texts: str, status: int = 400) -> ApiError:
    """`{"errors": ["text", …]}`: notifications, players, apps."""
    return ApiError(status, {"errors": list(texts)})


def unsuccessful(*texts: str, status: int = 400) -> ApiError:
    """`{"success": false, "errors": […]}`: segments; without texts only `success`."""
    body: dict[str, Any] = {"success": False}
    if texts:
        body["errors"] = list(texts)
    return ApiError(status, body)


def titled(
    status: int, code: str, title: str, *, meta: Mapping[str, Any] | None = None
) -> ApiError:
    """`{"errors": [{"code", "title", "meta"}]}`: users, subscriptions, aliases."""
    error: dict[str, Any] = {"code": code, "title": title}
    if meta is not None:
        error["meta"] = dict(meta)
    return ApiError(status, {"errors": [error]})


def access_denied() -> ApiError:
    """The key is missing or wrong, or belongs to another app."""
    return refused(
        "Access denied.  Please include an 'Authorization: ...' header with a valid API key "
        "(https://documentation.onesignal.com/docs/en/keys-and-ids#api-keys).",
        status=403,
    )


def not_json(reason: str) -> ApiError:
    """The body is not a JSON object."""
    return ApiError(
        400,
        {"status": 400, "error": f"There was a problem in the JSON you submitted: {reason}"},
    )


def no_such_route() -> ApiError:
    """Neither path nor method is one that OneSignal has."""
    return ApiError(404, {"status": 404, "error": "Not Resolved"})


def key_missing() -> ApiError:
    """A users, subscriptions or aliases route was called without an Authorization header."""
    return ApiError(
        401,
        {
            "errors": [
                {
                    "code": "auth-1",
                    "title": "This operation requires 'Authorization' in the HTTP header",
                }
            ]
        },
    )


def aliases_claimed(aliases: Mapping[str, str]) -> ApiError:
    """Another user has these aliases."""
    return titled(409, "user-2", "One or more Aliases claimed by another User", meta=dict(aliases))


def no_such_subscription() -> ApiError:
    """The subscription is not one of this app's."""
    return titled(404, "subscription-0", "Subscription not found")
