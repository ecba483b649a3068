"""Logins, accounts, users and links, against the mock."""

import pytest

from mock_server import MockServer
from nakama_client import (
    AlreadyExists,
    ArgumentError,
    Client,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Session,
    SessionExpired,
    Unauthenticated,
)
from tests.client.conftest import Login


@pytest.mark.asyncio
async def test_authenticate_device_creates_and_finds_accounts(client: Client) -> None:
    first = await client.authenticate_device("0123456789", username="alice")
    again = await client.authenticate_device("0123456789", username="other")
    assert (first.created, again.created) == (True, False)
    assert again.user_id == first.user_id
    assert again.username == "alice"
    with pytest.raises(NotFound, match="User account not found"):
        await client.authenticate_device("another-device", create=False)
    with pytest.raises(AlreadyExists, match="Username is already in use"):
        await client.authenticate_device("another-device", username="alice")


@pytest.mark.asyncio
async def test_authenticate_custom_creates_and_finds_accounts(client: Client) -> None:
    session = await client.authenticate_custom("custom", username="alice")
    account = await client.get_account(session)
    assert (account.custom_id, account.devices) == ("custom", ())


@pytest.mark.asyncio
async def test_authenticate_email_checks_the_password(client: Client) -> None:
    session = await client.authenticate_email("A@example.com", "correct horse", username="alice")
    by_name = await client.authenticate_email(None, "correct horse", username="alice")
    assert by_name.user_id == session.user_id
    assert (await client.get_account(session)).email == "a@example.com"
    with pytest.raises(Unauthenticated, match="Invalid credentials"):
        await client.authenticate_email("a@example.com", "wrong horse")


@pytest.mark.asyncio
async def test_authenticate_raises_for_bad_arguments_before_sending(
    client: Client, server: MockServer
) -> None:
    for id_ in ("", "short-id9", "x" * 129, "ü" * 65, "\ud800" * 10):
        with pytest.raises(ArgumentError, match="the device id"):
            await client.authenticate_device(id_)
    with pytest.raises(ArgumentError, match="the custom id must have 6 to 128 bytes, not 5"):
        await client.authenticate_custom("12345")
    with pytest.raises(ArgumentError, match="the email must have 10 to 255 bytes, not 6"):
        await client.authenticate_email("a@b.co", "correct horse")
    for id_ in ("has a blank in it", "0123456789\n", "0123456789\x7f"):
        with pytest.raises(ArgumentError, match="the device id may hold no blanks"):
            await client.authenticate_device(id_)
        with pytest.raises(ArgumentError, match="the custom id may hold no blanks"):
            await client.authenticate_custom(id_)
    for email in ("nobody.example", "@example.com", "somebody@example"):
        with pytest.raises(ArgumentError, match="must look like"):
            await client.authenticate_email(email, "correct horse")
    for name in ("a\tb", "clan[]"):
        with pytest.raises(ArgumentError, match="no control characters and no"):
            await client.authenticate_device("0123456789", username=name)
    with pytest.raises(ArgumentError, match="a username, when there is no email, is required"):
        await client.authenticate_email(None, "correct horse")
    with pytest.raises(ArgumentError, match="the username must have 1 to 128 bytes"):
        await client.authenticate_device("0123456789", username="x" * 129)
    for password in ("secret7", "secret" * 13):
        with pytest.raises(ArgumentError, match="8 to 72 bytes") as raised:
            await client.authenticate_email("a@example.com", password)
        assert password not in str(raised.value)
    assert len(server.journal) == 0


@pytest.mark.asyncio
async def test_authenticate_raises_for_a_wrong_server_key(server: MockServer) -> None:
    async with Client(server.http_url, server_key="wrong") as client:
        with pytest.raises(Unauthenticated, match="Server key invalid") as raised:
            await client.authenticate_device("0123456789")
    assert (raised.value.status, raised.value.code) == (401, 16)


@pytest.mark.asyncio
async def test_account_is_read_updated_and_deleted(client: Client, alice: Session) -> None:
    account = await client.get_account(alice)
    assert account.user.username == "alice"
    assert account.user.metadata == {}
    assert account.wallet == {}
    assert [device.id for device in account.devices] == ["device-of-alice"]
    assert account.user.create_time is not None
    assert account.user.create_time.tzinfo is not None

    await client.update_account(
        alice, display_name="Alice", timezone="Europe/Rome", location="Rome", lang_tag="it"
    )
    await client.update_account(alice, username="alicia", avatar_url="x" * 512, location="")
    user = (await client.get_account(alice)).user
    assert (user.username, user.display_name, user.location) == ("alicia", "Alice", "")
    assert (user.timezone, user.lang_tag, len(user.avatar_url)) == ("Europe/Rome", "it", 512)
    assert alice.username == "alice"

    await client.delete_account(alice)
    # Nakama keeps seconds: a token of this very second outlives the account, and finds none.
    with pytest.raises((NotFound, SessionExpired)):
        await client.get_account(alice)


@pytest.mark.asyncio
async def test_update_account_raises_for_bad_arguments(
    client: Client, login: Login, server: MockServer, alice: Session
) -> None:
    await login("bob")
    with pytest.raises(InvalidArgument, match="Username is already in use"):
        await client.update_account(alice, username="bob")
    sent = len(server.journal)
    with pytest.raises(ArgumentError, match="at least one field"):
        await client.update_account(alice)
    with pytest.raises(ArgumentError, match="lang_tag can't be cleared"):
        await client.update_account(alice, lang_tag="")
    with pytest.raises(ArgumentError, match="the username is required"):
        await client.update_account(alice, username="")
    with pytest.raises(ArgumentError, match="avatar_url may have 512 characters, not 513"):
        await client.update_account(alice, avatar_url="x" * 513)
    assert len(server.journal) == sent


@pytest.mark.asyncio
async def test_get_users_finds_by_id_and_name(
    client: Client, login: Login, server: MockServer
) -> None:
    sessions = [await login(name) for name in ("alice", "bob", "carol")]
    ids = [session.user_id for session in sessions]
    found = await client.get_users(sessions[0], ids[:2], usernames=["bob", "carol", "nobody"])
    assert sorted(user.username for user in found) == ["alice", "bob", "carol"]
    assert await client.get_users(sessions[0]) == []
    with pytest.raises(ArgumentError, match="ids must be UUIDs"):
        await client.get_users(sessions[0], ["alice"])
    with pytest.raises(ArgumentError, match="a username is required"):
        await client.get_users(sessions[0], usernames=[""])
    with pytest.raises(ArgumentError, match="not one text"):
        await client.get_users(sessions[0], usernames="alice")
    assert len(server.journal.find("GET /v2/user")) == 1


@pytest.mark.asyncio
async def test_get_users_splits_what_does_not_fit_in_one_request(
    client: Client, server: MockServer, alice: Session
) -> None:
    names = [f"somebody-with-a-long-name-{number}" for number in range(500)]
    found = await client.get_users(alice, [alice.user_id], usernames=[*names, "alice"])
    assert [user.id for user in found] == [alice.user_id]
    assert len(server.journal.find("GET /v2/user")) > 1


@pytest.mark.asyncio
async def test_link_and_unlink_change_the_account(
    client: Client, login: Login, alice: Session
) -> None:
    bob = await login("bob")
    await client.link_custom(alice, "custom-id")
    await client.link_custom(alice, "custom-id")
    await client.link_device(alice, "another-device")
    await client.link_email(alice, "a@example.com", password="correct horse")
    with pytest.raises(AlreadyExists):
        await client.link_custom(bob, "custom-id")
    with pytest.raises(AlreadyExists):
        await client.link_device(bob, "another-device")
    account = await client.get_account(alice)
    assert (account.email, account.custom_id) == ("a@example.com", "custom-id")
    assert {device.id for device in account.devices} == {"device-of-alice", "another-device"}
    assert (await client.authenticate_custom("custom-id")).user_id == alice.user_id

    await client.unlink_device(alice, "another-device")
    await client.unlink_custom(alice, "custom-id")
    await client.unlink_email(alice, "a@example.com")
    with pytest.raises(PermissionDenied, match="last account identifier"):
        await client.unlink_device(alice, "device-of-alice")


@pytest.mark.asyncio
async def test_link_raises_for_bad_arguments_before_sending(
    client: Client, server: MockServer, alice: Session
) -> None:
    sent = len(server.journal)
    with pytest.raises(ArgumentError):
        await client.link_device(alice, "short")
    with pytest.raises(ArgumentError):
        await client.link_custom(alice, "short")
    with pytest.raises(ArgumentError):
        await client.link_email(alice, "a@example.com", password="short")
    with pytest.raises(ArgumentError):
        await client.unlink_device(alice, "")
    with pytest.raises(ArgumentError):
        await client.unlink_custom(alice, "")
    with pytest.raises(ArgumentError):
        await client.unlink_email(alice, "")
    assert len(server.journal) == sent
