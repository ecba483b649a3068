"""A session token that nobody checks."""

import base64
import json


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


_CLAIMS = {"tid": "t", "uid": "u", "usn": "alice", "exp": 4_000_000_000, "iat": 0}
TOKEN = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(_CLAIMS)}.c2lnbmF0dXJl"
