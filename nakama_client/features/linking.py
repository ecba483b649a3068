"""Several logins for one account: https://heroiclabs.com/docs/nakama/concepts/authentication/."""
# ruff: noqa: A002 - the arguments have Nakama's own names

from __future__ import annotations

from collections.abc import Mapping

from nakama_client.features.authentication import GameCenterCredentials, game_center_body
from nakama_client.features.base import ClientFeature
from nakama_client.protocol.codec import encode
from nakama_client.protocol.replies import Empty
from nakama_client.protocol.requests import QueryPairs, Request, present, secrets_in
from nakama_client.protocol.rules import (
    check_email,
    check_login_id,
    check_password,
    check_present,
    check_type,
)
from nakama_client.session import Session


class LinkingApi(ClientFeature):
    """Linking and unlinking the logins of an account.

    Linking the account's own id again does nothing. All of these raise `ArgumentError` for an
    argument that breaks a rule. Linking raises `AlreadyExists` when another account has the id.
    Unlinking raises `PermissionDenied` for the last id and for an unknown one.
    """

    async def link_device(self, session: Session, id: str) -> None:
        """Link a device, so that it can log in to this account; its id has 10 to 128 bytes."""
        check_login_id("the device id", id, shortest=10, longest=128)
        await self._change(session, "link/device", {"id": id})

    async def link_custom(self, session: Session, id: str) -> None:
        """Link a custom id, so that it can log in to this account; it has 6 to 128 bytes."""
        check_login_id("the custom id", id, shortest=6, longest=128)
        await self._change(session, "link/custom", {"id": id})

    async def link_email(self, session: Session, email: str, *, password: str) -> None:
        """Link an email address and a password, so that they can log in to this account."""
        body = {"email": check_email(email), "password": check_password(password)}
        await self._change(session, "link/email", body)

    async def unlink_device(self, session: Session, id: str) -> None:
        """Unlink a device from this account."""
        await self._change(session, "unlink/device", {"id": check_present("the device id", id)})

    async def unlink_custom(self, session: Session, id: str) -> None:
        """Unlink the custom id from this account."""
        await self._change(session, "unlink/custom", {"id": check_present("the custom id", id)})

    async def unlink_email(self, session: Session, email: str) -> None:
        """Unlink the email address from this account."""
        await self._change(session, "unlink/email", {"email": check_present("the email", email)})

    async def link_facebook(self, session: Session, token: str, *, sync: bool = True) -> None:
        """Link a Facebook user, so that they can log in to this account.

        Args:
            session: Whose account.
            token: The access token from Facebook.
            sync: Whether to import the user's Facebook friends, as `import_facebook_friends`
                does.

        Raises:
            Unauthenticated: Facebook does not accept the token.
        """
        body = {"token": check_present("the facebook token", token)}
        await self._change(session, "link/facebook", body, present(sync=sync))

    async def link_steam(self, session: Session, token: str, *, sync: bool = True) -> None:
        """Link a Steam user, so that they can log in to this account.

        Args:
            session: Whose account.
            token: The ticket from Steam.
            sync: Whether to import the user's Steam friends, as `import_steam_friends` does.

        Raises:
            FailedPrecondition: The server is not configured for Steam.
            Unauthenticated: Steam does not accept the ticket.
        """
        account = {"token": check_present("the steam token", token)}
        check_type("sync", sync, bool)
        await self._change(session, "link/steam", {"account": account, "sync": sync})

    async def unlink_facebook(self, session: Session, token: str) -> None:
        """Unlink the Facebook user of this token from this account."""
        body = {"token": check_present("the facebook token", token)}
        await self._change(session, "unlink/facebook", body)

    async def unlink_steam(self, session: Session, token: str) -> None:
        """Unlink the Steam user of this ticket from this account."""
        body = {"token": check_present("the steam token", token)}
        await self._change(session, "unlink/steam", body)

    async def link_apple(self, session: Session, token: str) -> None:
        """Link an Apple user, so that they can log in to this account.

        Args:
            session: Whose account.
            token: The identity token from Sign in with Apple.

        Raises:
            FailedPrecondition: The server is not configured for Apple.
            Unauthenticated: Apple does not accept the token.
        """
        body = {"token": check_present("the apple token", token)}
        await self._change(session, "link/apple", body)

    async def unlink_apple(self, session: Session, token: str) -> None:
        """Unlink the Apple user of this token from this account."""
        body = {"token": check_present("the apple token", token)}
        await self._change(session, "unlink/apple", body)

    async def link_google(self, session: Session, token: str) -> None:
        """Link a Google user, so that they can log in to this account.

        Args:
            session: Whose account.
            token: The id token from Google.

        Raises:
            FailedPrecondition: The server is not configured for Google.
            Unauthenticated: Google does not accept the token.
        """
        body = {"token": check_present("the google token", token)}
        await self._change(session, "link/google", body)

    async def unlink_google(self, session: Session, token: str) -> None:
        """Unlink the Google user of this token from this account."""
        body = {"token": check_present("the google token", token)}
        await self._change(session, "unlink/google", body)

    async def link_facebook_instant_game(self, session: Session, signed_player_info: str) -> None:
        """Link a player of the Facebook Instant Game, so that they can log in to this account.

        Args:
            session: Whose account.
            signed_player_info: What `FBInstant.player.getSignedPlayerInfoAsync` gave the game.

        Raises:
            FailedPrecondition: The server is not configured for Facebook Instant Games.
            Unauthenticated: The signature is not Facebook's.
        """
        await self._change(session, "link/facebookinstantgame", _instant(signed_player_info))

    async def unlink_facebook_instant_game(self, session: Session, signed_player_info: str) -> None:
        """Unlink the player of the Facebook Instant Game from this account."""
        await self._change(session, "unlink/facebookinstantgame", _instant(signed_player_info))

    async def link_game_center(self, session: Session, credentials: GameCenterCredentials) -> None:
        """Link a Game Center player, so that they can log in to this account.

        Args:
            session: Whose account.
            credentials: What Game Center gave the app.

        Raises:
            Unauthenticated: The signature is not Apple's.
        """
        await self._change(session, "link/gamecenter", game_center_body(credentials))

    async def unlink_game_center(
        self, session: Session, credentials: GameCenterCredentials
    ) -> None:
        """Unlink the Game Center player from this account."""
        await self._change(session, "unlink/gamecenter", game_center_body(credentials))

    async def _change(
        self, session: Session, action: str, body: Mapping[str, object], query: QueryPairs = ()
    ) -> None:
        account = body.get("account", body)
        secrets = secrets_in(account) if isinstance(account, Mapping) else ()
        path = f"/v2/account/{action}"
        request = Request("POST", path, query, encode(body), secrets=secrets)
        await self._api.call(session, request, Empty)


def _instant(signed_player_info: str) -> dict[str, str]:
    info = check_present("the signed player info", signed_player_info)
    return {"signed_player_info": info}
