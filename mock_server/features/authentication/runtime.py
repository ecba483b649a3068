"""`nk.authenticate_*`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.config import SessionConfig
from mock_server.features.accounts.core import BAD_USERNAME, generate_username
from mock_server.features.authentication.core import Authentication, Login
from mock_server.features.authentication.identifiers import BAD_CHARACTERS, EMAIL
from mock_server.features.sessions.tokens import encode_token, new_token_id
from mock_server.features.social.core import Social
from mock_server.features.social.providers import FACEBOOK, STEAM, Provider
from mock_server.identity import Identity
from mock_server.runtime.arguments import Arguments
from mock_server.runtime.errors import ModuleError, status_text
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.wire.errors import GrpcError
from server_kit import Clock

_ID_CHARACTERS = "expects id to be valid, no spaces or control characters allowed"


class AuthenticationFunctions(RuntimeFunctions):
    """Log users in, or sign them up, without a session."""

    def __init__(
        self, config: SessionConfig, clock: Clock, authentication: Authentication, social: Social
    ) -> None:
        self._config = config
        self._clock = clock
        self._authentication = authentication
        self._social = social

    def authenticate_device(
        self, device_id: Any = None, username: Any = None, create: Any = None
    ) -> tuple[str, str, bool]:
        """Find or create a user by device id.

        Args:
            device_id: 10 to 128 bytes without white space.
            username: The name of a new user; a random one when left out.
            create: Whether an unknown user is created; True when left out.

        Returns:
            The user's id and name, and whether they are new.

        Raises:
            ModuleError: A bad argument, no such account, or a banned one.
        """
        given = Arguments("authenticate_device", device_id, username, create)
        device = _id(given, 10)
        name, may_create = username_of(given, 2), given.optional_flag(3, default=True)
        authenticate = self._authentication.device
        return logged_in(lambda: authenticate(device, name, create=may_create))

    def authenticate_custom(
        self, custom_id: Any = None, username: Any = None, create: Any = None
    ) -> tuple[str, str, bool]:
        """Find or create a user by custom id, 6 to 128 bytes; see `authenticate_device`.

        Raises:
            ModuleError: A bad argument, no such account, or a banned one.
        """
        given = Arguments("authenticate_custom", custom_id, username, create)
        custom = _id(given, 6)
        name, may_create = username_of(given, 2), given.optional_flag(3, default=True)
        authenticate = self._authentication.custom
        return logged_in(lambda: authenticate(custom, name, create=may_create))

    def authenticate_email(
        self, email: Any = None, password: Any = None, username: Any = None, create: Any = None
    ) -> tuple[str, str, bool]:
        """Find or create a user by email address and password; see `authenticate_device`.

        Without an address, the user name and the password are checked.

        Raises:
            ModuleError: A bad argument, no such account, a wrong password, or a banned account.
        """
        given = Arguments("authenticate_email", email, password, username, create)
        address = _email(given)
        secret = given.filled_text(2, "expects password string")
        if len(secret.encode()) < 8:
            raise given.error(2, "expects password to be valid, must be longer than 8 characters")
        if not address and not given.optional_text(3):
            raise given.error(1, "expects username string when email is not supplied")
        name, may_create = username_of(given, 3), given.optional_flag(4, default=True)
        authenticate = self._authentication.email
        return logged_in(lambda: authenticate(address, secret, name, create=may_create))

    def authenticate_facebook(
        self,
        token: Any = None,
        import_friends: Any = None,
        username: Any = None,
        create: Any = None,
    ) -> tuple[str, str, bool]:
        """Find or create a user by a Facebook token; see `authenticate_device`.

        Their friends there become their friends here, unless `import_friends` is False.

        Raises:
            ModuleError: A bad argument, a token that Facebook does not know, nobody there, or a
                banned account.
        """
        given = Arguments("authenticate_facebook", token, import_friends, username, create)
        return self._authenticate_social(given, FACEBOOK)

    def authenticate_steam(
        self,
        token: Any = None,
        import_friends: Any = None,
        username: Any = None,
        create: Any = None,
    ) -> tuple[str, str, bool]:
        """Find or create a user by a Steam ticket, as `authenticate_facebook` does by a token.

        Raises:
            ModuleError: Also where the server's settings leave Steam out.
        """
        given = Arguments("authenticate_steam", token, import_friends, username, create)
        if not self._social.is_configured(STEAM):
            raise ModuleError("Steam authentication is not configured")
        return self._authenticate_social(given, STEAM)

    def authenticate_token_generate(
        self,
        user_id: Any = None,
        username: Any = None,
        expiry: Any = None,
        variables: Any = None,
    ) -> tuple[str, int]:
        """Sign a session token for a user, known or not.

        Args:
            user_id: Their id.
            username: Their name; a random one when empty.
            expiry: When the token ends, in seconds since the epoch; as configured when left out.
            variables: Session variables: a table of texts by texts.

        Returns:
            The token, and when it ends.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("authenticate_token_generate", user_id, username, expiry, variables)
        owner = given.uuid(1, "expects valid user id", absent="expects user id")
        name = given.text(2) or generate_username()
        now, config = int(self._clock.time()), self._config
        end = given.optional_integer(3, 0) or now + config.token_expiry_sec
        identity = Identity(
            owner,
            name,
            {} if variables is None else given.string_map(4, "vars"),
            expiry=end,
            token_id=new_token_id(),
            issued_at=now,
        )
        return encode_token(identity, config.encryption_key), end

    def _authenticate_social(self, given: Arguments, provider: Provider) -> tuple[str, str, bool]:
        token = given.filled_text(1, "expects access token string")
        sync = given.optional_flag(2, default=True)
        name, may_create = username_of(given, 3), given.optional_flag(4, default=True)
        authenticate = self._authentication.social
        return logged_in(lambda: authenticate(provider, token, name, create=may_create, sync=sync))


def _id(given: Arguments, least: int) -> str:
    text = given.filled_text(1, "expects id string")
    if BAD_CHARACTERS.search(text):
        raise given.error(1, _ID_CHARACTERS)
    if not least <= len(text.encode()) <= 128:
        raise given.error(1, f"expects id to be valid, must be {least}-128 bytes")
    return text


def _email(given: Arguments) -> str:
    text = given.optional_text(1)
    if BAD_CHARACTERS.search(text):
        raise given.error(1, "expects email to be valid, no spaces or control characters allowed")
    if text and not EMAIL.match(text):
        raise given.error(1, "expects email to be valid, invalid email address format")
    if text and not 10 <= len(text.encode()) <= 255:
        raise given.error(1, "expects email to be valid, must be 10-255 bytes")
    return text


def username_of(given: Arguments, number: int) -> str:
    """The user name that is given; empty where there is none.

    Raises:
        ModuleError: A bad one.
    """
    text = given.optional_text(number)
    if BAD_USERNAME.search(text):
        raise given.error(
            number, "expects username to be valid, no spaces or control characters allowed"
        )
    if len(text.encode()) > 128:
        raise given.error(number, "expects id to be valid, must be 1-128 bytes")
    return text


def logged_in(authenticate: Callable[[], Login]) -> tuple[str, str, bool]:
    """The user's id and name, and whether they are new.

    Raises:
        ModuleError: The login is refused.
    """
    try:
        login = authenticate()
    except GrpcError as error:
        raise ModuleError(f"error authenticating: {status_text(error)}") from None
    return login.user_id, login.username, login.created
