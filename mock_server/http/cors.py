"""CORS as Nakama's router does it (tape http_headers)."""

from __future__ import annotations

from aiohttp import web

_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
_SIMPLE_METHODS = ("GET", "HEAD", "POST")
_HEADERS = ("Authorization", "Content-Type", "User-Agent")
_SIMPLE_HEADERS = ("Accept", "Accept-Language", "Content-Language", "Origin")


def answer_options(request: web.BaseRequest) -> web.Response:
    """Answer any OPTIONS request: a preflight, or what only looks like one."""
    if "Origin" not in request.headers:
        return web.Response()
    method = request.headers.get("Access-Control-Request-Method")
    if method is None:
        return web.Response(status=400)
    if method not in _METHODS:
        return web.Response(status=405)
    asked = [
        _canonical(name)
        for name in request.headers.get("Access-Control-Request-Headers", "").split(",")
    ]
    needed = [name for name in asked if name and name not in _SIMPLE_HEADERS]
    if any(name not in _HEADERS for name in needed):
        return web.Response(status=403)
    answer = web.Response(headers={"Access-Control-Allow-Origin": "*"})
    if needed:
        answer.headers["Access-Control-Allow-Headers"] = ",".join(needed)
    if method not in _SIMPLE_METHODS:
        answer.headers["Access-Control-Allow-Methods"] = method
    return answer


def _canonical(name: str) -> str:
    return "-".join(part.capitalize() for part in name.strip().split("-"))
