"""The caller, as in the token."""

from __future__ import annotations

from attrs import field, frozen

SYSTEM_USER = "00000000-0000-0000-0000-000000000000"


@frozen
class Identity:
    """The claims of a valid session token.

    Attributes:
        user_id: The user; the nil uuid for a signed token that names none.
        username: The name at the time of the login; a rename does not change it.
        vars: The session variables given at the login.
        expiry: When the token ends, in whole seconds since the epoch.
        token_id: Shared by a session token and its refresh token.
        issued_at: When the login was, in whole seconds since the epoch.
    """

    user_id: str
    username: str
    vars: dict[str, str] = field(factory=dict)
    expiry: int = 0
    token_id: str = ""
    issued_at: int = 0
