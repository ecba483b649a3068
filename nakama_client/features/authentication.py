"""Log in: https://heroiclabs.com/docs/nakama/concepts/authentication/."""
# ruff: noqa: A002 - the arguments have Nakama's own names

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType

from attrs import field, frozen

from nakama_client.features.base import ClientFeature
from nakama_client.protocol.codec import encode
from nakama_client.protocol.requests import Request, present, secrets_in
from nakama_client.protocol.rules import (
    check_count,
    check_email,
    check_login_id,
    check_password,
    check_present,
    check_type,
    check_username,
    check_vars,
)
from nakama_client.protocol.tokens import SessionReply
from nakama_client.session import Session


@frozen(kw_only=True)
class GameCenterCredentials:
    """What Apple's Game Center gives an app to prove who its player is.

    Attributes:
        player_id: The player's id.
        bundle_id: The id of the app.
        timestamp_seconds: When the signature was made, in seconds since 1970.
        salt: A random text, in base64.
        signature: The signature, in base64.
        public_key_url: Where Apple's key is that proves the signature.
    """

    player_id: str
    bundle_id: str
    timestamp_seconds: int
    salt: str = field(repr=False)
    signature: str = field(repr=False)
    public_key_url: str

    def body(self) -> dict[str, str]:
        """The message that the server takes.

        Raises:
            ArgumentError: A text is empty, or there is no time.
        """
        texts = {
            "player_id": self.player_id,
            "bundle_id": self.bundle_id,
            "salt": self.salt,
            "signature": self.signature,
            "public_key_url": self.public_key_url,
        }
        for name, text in texts.items():
            check_present(f"the Game Center {name}", text)
        check_count("the Game Center timestamp_seconds", self.timestamp_seconds)
        return {**texts, "timestamp_seconds": str(self.timestamp_seconds)}


def game_center_body(credentials: GameCenterCredentials) -> dict[str, str]:
    """The message about a Game Center player that the server takes.

    Raises:
        ArgumentError: It is something else, or a field is missing.
    """
    check_type("credentials", credentials, GameCenterCredentials)
    return credentials.body()


class AuthenticationApi(ClientFeature):
    """Logging in by device, custom id, email address, and with the accounts of other services."""

    async def authenticate_device(
        self,
        id: str,
        *,
        username: str | None = None,
        create: bool = True,
        vars: Mapping[str, str] | None = None,
    ) -> Session:
        """Log in with the id of a device.

        Args:
            id: 10 to 128 bytes without blanks; create it once and keep it on the device.
            username: The name of a new account, up to 128 bytes; None for one of the server's.
                Ignored when the account exists.
            create: Whether to create the account when it does not exist.
            vars: Variables that the server's runtime sees in this session.

        Raises:
            ArgumentError: The id or the name breaks a rule.
            NotFound: No such account, and `create` is False.
            AlreadyExists: The user name is taken.
            PermissionDenied: The account is banned.
            Unauthenticated: The server key is wrong.
        """
        check_login_id("the device id", id, shortest=10, longest=128)
        return await self._authenticate("device", {"id": id}, username, create, vars)

    async def authenticate_custom(
        self,
        id: str,
        *,
        username: str | None = None,
        create: bool = True,
        vars: Mapping[str, str] | None = None,
    ) -> Session:
        """Log in with an id of your own, such as that of another account system.

        Args:
            id: 6 to 128 bytes without blanks.
            username: As in `authenticate_device`.
            create: As in `authenticate_device`.
            vars: As in `authenticate_device`.

        Raises:
            ArgumentError: The id or the name breaks a rule.
            ApiError: As in `authenticate_device`.
        """
        check_login_id("the custom id", id, shortest=6, longest=128)
        return await self._authenticate("custom", {"id": id}, username, create, vars)

    async def authenticate_email(
        self,
        email: str | None,
        password: str,
        *,
        username: str | None = None,
        create: bool = True,
        vars: Mapping[str, str] | None = None,
    ) -> Session:
        """Log in with an email address, or with a user name, and a password.

        Args:
            email: 10 to 255 bytes; None to log in with `username`, which creates no account.
            password: 8 to 72 bytes.
            username: As in `authenticate_device`; required when there is no email.
            create: As in `authenticate_device`.
            vars: As in `authenticate_device`.

        Raises:
            ArgumentError: An argument breaks a rule.
            Unauthenticated: The password is wrong.
            ApiError: As in `authenticate_device`.
        """
        credentials = {"password": check_password(password)}
        if email is None:
            check_present("a username, when there is no email,", username or "")
        else:
            credentials["email"] = check_email(email)
        return await self._authenticate("email", credentials, username, create, vars)

    async def authenticate_facebook(
        self,
        token: str,
        *,
        username: str | None = None,
        create: bool = True,
        sync: bool = False,
        vars: Mapping[str, str] | None = None,
    ) -> Session:
        """Log in with Facebook.

        Args:
            token: The access token that Facebook gave the app.
            username: As in `authenticate_device`.
            create: As in `authenticate_device`.
            sync: Whether to import the user's Facebook friends, as `import_facebook_friends`
                does.
            vars: As in `authenticate_device`.

        Raises:
            ArgumentError: The token is empty, or the name breaks a rule.
            Unauthenticated: Facebook does not accept the token, or the server key is wrong.
            ApiError: As in `authenticate_device`.
        """
        credentials = {"token": check_present("the facebook token", token)}
        return await self._authenticate("facebook", credentials, username, create, vars, sync)

    async def authenticate_steam(
        self,
        token: str,
        *,
        username: str | None = None,
        create: bool = True,
        sync: bool = False,
        vars: Mapping[str, str] | None = None,
    ) -> Session:
        """Log in with Steam.

        Args:
            token: The ticket that Steam gave the game.
            username: As in `authenticate_device`.
            create: As in `authenticate_device`.
            sync: Whether to import the user's Steam friends, as `import_steam_friends` does.
            vars: As in `authenticate_device`.

        Raises:
            ArgumentError: The token is empty, or the name breaks a rule.
            FailedPrecondition: The server is not configured for Steam.
            Unauthenticated: Steam does not accept the ticket, or the server key is wrong.
            ApiError: As in `authenticate_device`.
        """
        credentials = {"token": check_present("the steam token", token)}
        return await self._authenticate("steam", credentials, username, create, vars, sync)

    async def authenticate_apple(
        self,
        token: str,
        *,
        username: str | None = None,
        create: bool = True,
        vars: Mapping[str, str] | None = None,
    ) -> Session:
        """Log in with Apple.

        Args:
            token: The identity token that Sign in with Apple gave the app.
            username: As in `authenticate_device`.
            create: As in `authenticate_device`.
            vars: As in `authenticate_device`.

        Raises:
            ArgumentError: The token is empty, or the name breaks a rule.
            FailedPrecondition: The server is not configured for Apple.
            Unauthenticated: Apple does not accept the token, or the server key is wrong.
            ApiError: As in `authenticate_device`.
        """
        credentials = {"token": check_present("the apple token", token)}
        return await self._authenticate("apple", credentials, username, create, vars)

    async def authenticate_google(
        self,
        token: str,
        *,
        username: str | None = None,
        create: bool = True,
        vars: Mapping[str, str] | None = None,
    ) -> Session:
        """Log in with Google.

        Args:
            token: The id token that Google gave the app.
            username: As in `authenticate_device`.
            create: As in `authenticate_device`.
            vars: As in `authenticate_device`.

        Raises:
            ArgumentError: The token is empty, or the name breaks a rule.
            FailedPrecondition: The server is not configured for Google.
            Unauthenticated: Google does not accept the token, or the server key is wrong.
            ApiError: As in `authenticate_device`.
        """
        credentials = {"token": check_present("the google token", token)}
        return await self._authenticate("google", credentials, username, create, vars)

    async def authenticate_facebook_instant_game(
        self,
        signed_player_info: str,
        *,
        username: str | None = None,
        create: bool = True,
        vars: Mapping[str, str] | None = None,
    ) -> Session:
        """Log in to a Facebook Instant Game.

        Args:
            signed_player_info: What `FBInstant.player.getSignedPlayerInfoAsync` gave the game.
            username: As in `authenticate_device`.
            create: As in `authenticate_device`.
            vars: As in `authenticate_device`.

        Raises:
            ArgumentError: The info is empty, or the name breaks a rule.
            FailedPrecondition: The server is not configured for Facebook Instant Games.
            Unauthenticated: The signature is not Facebook's, or the server key is wrong.
            ApiError: As in `authenticate_device`.
        """
        info = check_present("the signed player info", signed_player_info)
        credentials = {"signed_player_info": info}
        return await self._authenticate("facebookinstantgame", credentials, username, create, vars)

    async def authenticate_game_center(
        self,
        credentials: GameCenterCredentials,
        *,
        username: str | None = None,
        create: bool = True,
        vars: Mapping[str, str] | None = None,
    ) -> Session:
        """Log in with Apple's Game Center.

        Args:
            credentials: What Game Center gave the app.
            username: As in `authenticate_device`.
            create: As in `authenticate_device`.
            vars: As in `authenticate_device`.

        Raises:
            ArgumentError: A credential is empty, or the name breaks a rule.
            Unauthenticated: The signature is not Apple's, or the server key is wrong.
            ApiError: As in `authenticate_device`.
        """
        return await self._authenticate(
            "gamecenter", game_center_body(credentials), username, create, vars
        )

    async def _authenticate(
        self,
        kind: str,
        credentials: Mapping[str, str],
        username: str | None,
        create: bool,
        vars: Mapping[str, str] | None,
        sync: bool | None = None,
    ) -> Session:
        if username is not None and username != "":
            check_username(username)
        check_type("create", create, bool)
        check_type("sync", sync, bool, NoneType)
        body: dict[str, object] = dict(credentials)
        if vars is not None and vars != {}:
            body["vars"] = check_vars(vars)
        request = Request(
            "POST",
            f"/v2/account/authenticate/{kind}",
            present(create=create, username=username or None, sync=sync),
            encode(body),
            is_idempotent=True,
            secrets=secrets_in(credentials),
        )
        reply = await self._api.call("server_key", request, SessionReply)
        return self._api.tokens.login(request.path, reply)
