from typing import Any

import pytest

from mock_server import ModuleError
from tests.mock_server.social.game import OK, Game, Player, open_game, refused

FRIEND, SENT, RECEIVED, BLOCKED = range(4)

SETTINGS = {"social.steam.publisher_key": "key", "social.steam.app_id": 480}

NOT_CONFIGURED = refused(9, "Steam authentication is not configured.")


async def facebook(game: Game, token: str, name: str, **query: str) -> Player:
    return await game.authenticate("facebook", {"token": token}, username=name, **query)


async def steam(game: Game, ticket: str, name: str, **query: str) -> Player:
    return await game.authenticate("steam", {"token": ticket}, username=name, **query)


async def user(player: Player) -> Any:
    return (await player.get("/v2/account"))["user"]


async def codes(player: Player) -> list[int]:
    return [each["code"] for each in await player.notifications()]


@pytest.mark.asyncio
async def test_a_new_facebook_user_gets_the_id_and_name_of_facebook() -> None:
    async with open_game() as game:
        ada = await facebook(game, "fb:17:", "ada")
        account = await user(ada)
        assert (account["facebook_id"], account["display_name"]) == ("17", "Name 17")
        again = await game.ask_for_session("facebook", {"token": "fb:17:"}, create="false")
        assert "created" not in again


@pytest.mark.asyncio
async def test_a_new_steam_user_gets_the_id_of_steam() -> None:
    async with open_game(SETTINGS) as game:
        ada = await steam(game, "0017:", "ada")
        account = await user(ada)
        assert account["steam_id"] == "17"
        assert "display_name" not in account


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("provider", "account", "query", "answer"),
    [
        ("facebook", {}, {}, refused(3, "Facebook access token is required.")),
        (
            "facebook",
            {"token": "?"},
            {"username": "a" * 129},
            refused(3, "Username invalid, must be 1-128 bytes."),
        ),
        ("facebook", {"token": "17:"}, {}, refused(16, "Could not authenticate Facebook profile.")),
        (
            "facebook",
            {"token": "fb:1:"},
            {"create": "false"},
            refused(5, "User account not found."),
        ),
        (
            "facebook",
            {"token": "fb:1:"},
            {"username": "ada"},
            refused(6, "Username is already in use."),
        ),
        ("steam", {}, {}, refused(3, "Steam access token is required.")),
        ("steam", {"token": "x:"}, {}, refused(16, "Could not authenticate Steam profile.")),
        (
            "steam",
            {"token": f"{2**64}:"},
            {},
            refused(16, "Could not authenticate Steam profile."),
        ),
    ],
)
async def test_logins_that_are_refused(
    provider: str, account: dict[str, str], query: dict[str, str], answer: Any
) -> None:
    async with open_game(SETTINGS) as game:
        await game.login("ada")
        assert await game.ask_for_session(provider, account, **query) == answer
        assert [each["username"] for each in await game.server.users()] == ["ada"]


@pytest.mark.asyncio
@pytest.mark.parametrize("settings", [{}, {"social.steam.app_id": 480}])
async def test_steam_must_be_configured(settings: dict[str, Any]) -> None:
    async with open_game(settings) as game:
        ada = await game.login("ada")
        assert await game.ask_for_session("steam", {}) == NOT_CONFIGURED
        link = {"account": {"token": "17:"}}
        assert await ada.post("/v2/account/link/steam", link) == NOT_CONFIGURED
        absent = refused(3, "Steam access token is required.")  # it looks for one first
        assert await ada.post("/v2/account/link/steam", {}) == absent
        assert await ada.post("/v2/friend/steam", {"token": "17:"}) == NOT_CONFIGURED


@pytest.mark.asyncio
async def test_a_banned_user_does_not_come_in_by_facebook() -> None:
    async with open_game() as game:
        ada = await facebook(game, "fb:17:", "ada")
        game.server.nk.users_ban_id([ada.id])
        answer = await game.ask_for_session("facebook", {"token": "fb:17:"})
        assert answer == refused(7, "User account banned.")


@pytest.mark.asyncio
async def test_a_login_imports_friends_only_when_asked_to() -> None:
    async with open_game(SETTINGS) as game:
        ada = await steam(game, "1:", "ada")
        bob = await steam(game, "2:1,99", "bob")
        assert await ada.friends() == {}
        await steam(game, "2:1,99", "", sync="true")
        assert await ada.friends() == {"bob": FRIEND}
        (edge,) = (await bob.get("/v2/friend"))["friends"]
        assert edge["metadata"] == '{"provider": "steam"}'
        assert (await ada.edge_count(), await bob.edge_count()) == (1, 1)
        (told,) = await ada.notifications()
        assert (told["code"], told["sender_id"]) == (-6, bob.id)
        assert await bob.notifications() == []


@pytest.mark.asyncio
@pytest.mark.parametrize("provider", ["facebook", "steam"])
async def test_linking_imports_friends_unless_sync_is_false(provider: str) -> None:
    async with open_game(SETTINGS) as game:
        ada, bob = [await game.login(name) for name in ("ada", "bob")]
        prefix = "fb:" if provider == "facebook" else ""

        async def link(player: Player, token: str, sync: bool | None = None) -> Any:
            account = {"token": prefix + token}
            if provider == "steam":
                fields = {} if sync is None else {"sync": sync}
                return await player.post("/v2/account/link/steam", {"account": account, **fields})
            query = {} if sync is None else {"sync": str(sync).lower()}
            return await player.post("/v2/account/link/facebook", account, **query)

        assert await link(ada, "1:2") == OK
        assert await link(bob, "2:1", sync=False) == OK
        assert await ada.friends() == {}
        assert await link(bob, "2:1") == OK
        assert await ada.friends() == {"bob": FRIEND}
        assert await link(ada, "1:2", sync=True) == OK
        assert await codes(ada) == [-6]
        name = {"facebook": "Facebook", "steam": "Steam"}[provider]
        assert await link(ada, "2:") == refused(6, f"{name} ID is already in use.")
        assert await link(ada, "?") == refused(16, f"Could not authenticate {name} profile.")
        assert (await user(ada))[f"{provider}_id"] == "1"


@pytest.mark.asyncio
async def test_linking_needs_a_token_and_keeps_a_name() -> None:
    async with open_game(SETTINGS) as game:
        ada, bob = [await game.login(name) for name in ("ada", "bob")]
        answer = await ada.post("/v2/account/link/facebook", {})
        assert answer == refused(3, "Facebook access token is required.")
        answer = await ada.post("/v2/account/link/steam", {})
        assert answer == refused(3, "Steam access token is required.")
        await ada.put("/v2/account", {"display_name": "Countess"})
        await ada.post("/v2/account/link/facebook", {"token": "fb:1:"})
        await bob.post("/v2/account/link/facebook", {"token": "fb:2:"})
        assert (await user(ada))["display_name"] == "Countess"
        assert (await user(bob))["display_name"] == "Name 2"


@pytest.mark.asyncio
async def test_unlinking_wants_the_right_token_or_none() -> None:
    async with open_game(SETTINGS) as game:
        ada = await facebook(game, "fb:1:", "ada")
        last = refused(
            7, "Cannot unlink last account identifier. Check profile exists and is not last link."
        )
        unlink = "/v2/account/unlink/facebook"
        assert await ada.post(unlink, {}) == last
        await ada.post("/v2/account/link/steam", {"account": {"token": "17:"}})
        assert await ada.post(unlink, {"token": "fb:2:"}) == last
        assert await ada.post(unlink, {"token": "?"}) == refused(
            16, "Could not authenticate Facebook profile."
        )
        assert await ada.post(unlink, {"token": "fb:1:5"}) == OK
        assert "facebook_id" not in await user(ada)
        assert await ada.post("/v2/account/unlink/steam", {"token": "17:"}) == last


@pytest.mark.asyncio
async def test_an_import_accepts_invites_and_respects_blocks() -> None:
    async with open_game() as game:
        names = ("ada", "bob", "cleo", "dan", "eve")
        ada, bob, cleo, dan, eve = [
            await facebook(game, f"fb:{number}:", name) for number, name in enumerate(names)
        ]
        await ada.post("/v2/friend", ids=bob.id, metadata='{"met": "here"}')
        await cleo.post("/v2/friend", ids=ada.id)
        await dan.post("/v2/friend/block", ids=ada.id)
        friends = {"token": "fb:0:1,2,3,4"}
        assert await ada.post("/v2/friend/facebook", friends) == OK
        wanted = {"bob": FRIEND, "cleo": FRIEND, "eve": FRIEND}
        assert await ada.friends() == wanted
        assert await dan.friends() == {"ada": BLOCKED}
        assert [await codes(each) for each in (bob, cleo, dan, eve)] == [[-2, -6], [-6], [], [-6]]
        edges = (await ada.get("/v2/friend"))["friends"]
        assert {each["user"]["username"]: each["metadata"] for each in edges} == {
            "bob": '{"met": "here", "provider": "facebook"}',
            "cleo": '{"provider": "facebook"}',
            "eve": '{"provider": "facebook"}',
        }
        assert await ada.edge_count() == 3
        await ada.post("/v2/friend/facebook", friends)
        assert [await codes(each) for each in (bob, cleo, dan, eve)] == [[-2, -6], [-6], [], [-6]]


@pytest.mark.asyncio
async def test_whom_one_blocks_still_becomes_a_friend_on_the_other_side() -> None:
    async with open_game() as game:
        ada = await facebook(game, "fb:1:", "ada")
        bob = await facebook(game, "fb:2:", "bob")
        await bob.post("/v2/friend/block", ids=ada.id)
        await bob.post("/v2/friend/facebook", {"token": "fb:2:1"})
        assert (await bob.friends(), await ada.friends()) == ({"ada": BLOCKED}, {"bob": FRIEND})
        assert (await bob.edge_count(), await ada.edge_count()) == (2, 1)
        assert await codes(ada) == [-6]


@pytest.mark.asyncio
async def test_a_reset_ends_what_there_was_but_blocks() -> None:
    async with open_game() as game:
        names = ("ada", "bob", "cleo", "dan")
        ada, bob, cleo, dan = [
            await facebook(game, f"fb:{number}:", name) for number, name in enumerate(names)
        ]
        await ada.post("/v2/friend", ids=bob.id)
        await cleo.post("/v2/friend", ids=ada.id)
        await ada.post("/v2/friend/block", ids=dan.id)
        path = "/v2/friend/facebook"
        assert await ada.post(path, {"token": "fb:0:"}) == OK
        assert await ada.friends() == {"bob": SENT, "cleo": RECEIVED, "dan": BLOCKED}
        assert await ada.post(path, {"token": "fb:0:2"}, reset="true") == OK
        assert await ada.friends() == {"cleo": FRIEND, "dan": BLOCKED}
        assert [await each.edge_count() for each in (ada, bob, cleo, dan)] == [2, 0, 1, 0]
        assert await ada.post(path, {"token": "fb:0:"}, reset="true") == OK
        assert await ada.friends() == {"dan": BLOCKED}
        assert [await codes(each) for each in (bob, cleo)] == [[-2], [-6]]


@pytest.mark.asyncio
@pytest.mark.parametrize(("provider", "name"), [("facebook", "Facebook"), ("steam", "Steam")])
async def test_an_import_needs_a_good_token(provider: str, name: str) -> None:
    async with open_game(SETTINGS) as game:
        ada = await game.login("ada")
        path = f"/v2/friend/{provider}"
        assert await ada.post(path, {}) == refused(3, f"{name} token is required.")
        assert await ada.post(path, {"token": "?"}, reset="true") == refused(
            16, f"Could not authenticate {name} profile."
        )


@pytest.mark.asyncio
async def test_a_server_module_logs_in_and_links() -> None:
    async with open_game(SETTINGS) as game:
        ada = await facebook(game, "fb:1:", "ada")
        nk = game.server.nk
        bob, name, created = nk.authenticate_facebook("fb:2:1", False, "bob")
        assert (name, created, await ada.friends()) == ("bob", True, {})
        assert nk.authenticate_facebook("fb:2:1") == (bob, "bob", False)
        assert await ada.friends() == {"bob": FRIEND}
        cleo, _, _ = nk.authenticate_steam("3:", None, "cleo")
        nk.link_facebook(cleo, "cleo", "fb:3:1", False)
        assert await ada.friends() == {"bob": FRIEND}
        nk.unlink_facebook(cleo)
        nk.link_facebook(cleo, "cleo", "fb:3:1")
        nk.unlink_steam(cleo, "3:")
        assert list(await ada.friends()) == ["bob", "cleo"]
        assert await codes(ada) == [-6, -6]
        nk.link_steam(bob, "bob", "3:")
        with pytest.raises(
            ModuleError, match="error unlinking: rpc error: code = PermissionDenied"
        ):
            nk.unlink_facebook(cleo)
        with pytest.raises(ModuleError, match="error authenticating: rpc error: code = NotFound"):
            nk.authenticate_steam("4:", True, "dan", False)
        with pytest.raises(ModuleError, match="expects access token string"):
            nk.authenticate_facebook("")


@pytest.mark.asyncio
async def test_a_server_module_needs_steam_to_be_configured() -> None:
    async with open_game() as game:
        ada = await game.login("ada")
        with pytest.raises(ModuleError, match="authentication is not configured"):
            game.server.nk.authenticate_steam("")
        with pytest.raises(ModuleError, match="code = FailedPrecondition desc = Steam auth"):
            game.server.nk.link_steam(ada.id, "ada", "3:")
