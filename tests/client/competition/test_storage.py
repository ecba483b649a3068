"""Storage over HTTP: what is written comes back, conflicts name the object, pages cover all."""

import asyncio
import json
import pickle
import uuid
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server import MockServer
from nakama_client import (
    ArgumentError,
    Client,
    ConnectionFailed,
    DeleteStorageObjectId,
    InvalidArgument,
    ReadStorageObjectId,
    Session,
    StorageConflict,
    StorageReadPermission,
    StorageWritePermission,
    UnexpectedReply,
    WriteStorageObject,
)
from server_kit.faults import Fault
from tests.client.conftest import Login
from tests.client.scripted import ScriptedServer, make_token
from tests.inner_loop import examples

WRITE = "PUT /v2/storage"


@pytest_asyncio.fixture
async def bob(login: Login) -> Session:
    return await login("bob")


def save(key: str, value: dict[str, Any], **options: Any) -> WriteStorageObject:
    return WriteStorageObject("saves", key, value, **options)


async def read(client: Client, session: Session, key: str, owner: Session) -> Any:
    found = await client.read_storage_objects(
        session, [ReadStorageObjectId("saves", key, owner.user_id)]
    )
    return found[0] if found else None


@pytest.mark.asyncio
async def test_write_storage_objects_returns_versions_that_reading_shows(
    client: Client, alice: Session
) -> None:
    value = {"level": 3, "name": "Björn", "items": ["sword", None, 1.5], "deep": {"a": {}}}
    first, second = await client.write_storage_objects(
        alice, [save("one", value), save("two", {}, permission_read=2, permission_write=0)]
    )
    assert (first.collection, first.key, first.user_id) == ("saves", "one", alice.user_id)
    one = await read(client, alice, "one", alice)
    assert (one.value, one.version, one.user_id) == (value, first.version, alice.user_id)
    assert (one.permission_read, one.permission_write) == (
        StorageReadPermission.OWNER_READ,
        StorageWritePermission.OWNER_WRITE,
    )
    assert one.create_time is not None
    assert one.update_time is not None
    assert one.create_time.tzinfo is not None
    two = await read(client, alice, "two", alice)
    assert (two.value, two.version) == ({}, second.version)
    assert (two.permission_read, two.permission_write) == (2, 0)


@pytest.mark.asyncio
async def test_write_storage_objects_raises_a_conflict_that_names_the_object(
    client: Client, alice: Session
) -> None:
    (first,) = await client.write_storage_objects(alice, [save("one", {"n": 1}, version="*")])
    (newer,) = await client.write_storage_objects(
        alice, [save("one", {"n": 2}, version=first.version)]
    )
    for version in ("*", first.version):
        with pytest.raises(StorageConflict, match="version check failed") as raised:
            await client.write_storage_objects(
                alice, [save("other", {}), save("one", {"n": 3}, version=version)]
            )
        assert raised.value.objects == (("saves", "one"),)
        assert "saves/one" in str(raised.value)
        assert pickle.loads(pickle.dumps(raised.value)).objects == raised.value.objects
    assert (await read(client, alice, "one", alice)).version == newer.version
    assert await read(client, alice, "other", alice) is None, "a batch is written whole or not"


@pytest.mark.asyncio
async def test_write_storage_objects_refuses_what_the_owner_may_not_write(
    client: Client, alice: Session
) -> None:
    await client.write_storage_objects(alice, [save("fixed", {"n": 1}, permission_write=0)])
    with pytest.raises(InvalidArgument, match="permission denied") as raised:
        await client.write_storage_objects(alice, [save("fixed", {"n": 2})])
    assert not isinstance(raised.value, StorageConflict)


@pytest.mark.asyncio
async def test_read_storage_objects_finds_own_public_and_server_objects_only(
    client: Client, server: MockServer, alice: Session, bob: Session
) -> None:
    await client.write_storage_objects(
        alice,
        [
            save("hidden", {}, permission_read=0),
            save("private", {"mine": True}),
            save("public", {}, permission_read=2),
        ],
    )
    server.nk.storage_write(
        [{"collection": "saves", "key": "rules", "value": {"v": 7}, "permission_read": 2}]
    )
    keys = ["hidden", "private", "public"]
    asked = [ReadStorageObjectId("saves", key, alice.user_id) for key in keys]
    asked += [ReadStorageObjectId("saves", "rules"), ReadStorageObjectId("saves", "no such key")]
    seen = {each.key for each in await client.read_storage_objects(alice, [*asked, *asked])}
    assert seen == {"private", "public", "rules"}
    found = await client.read_storage_objects(bob, asked)
    assert {each.key for each in found} == {"public", "rules"}
    (rules,) = (each for each in found if each.key == "rules")
    assert (rules.user_id, rules.value) == (str(uuid.UUID(int=0)), {"v": 7})
    assert await client.read_storage_objects(alice, []) == []


@pytest.mark.asyncio
async def test_list_storage_objects_lists_own_anothers_and_everybodys(
    client: Client, alice: Session, bob: Session
) -> None:
    for session in (alice, bob):
        name = session.username
        await client.write_storage_objects(
            session, [save(f"{name}-private", {}), save(f"{name}-public", {}, permission_read=2)]
        )

    async def keys(**options: Any) -> list[str]:
        found = client.iter_storage_objects(alice, "saves", page_size=1, **options)
        return [each.key async for each in found]

    assert await keys() == ["alice-public", "bob-public"]
    assert await keys(user_id=alice.user_id) == ["alice-private", "alice-public"]
    assert await keys(user_id=bob.user_id.upper()) == ["bob-public"]
    first = await client.list_storage_objects(alice, "saves", limit=1)
    assert await keys(cursor=first.cursor) == ["bob-public"]
    assert (await client.list_storage_objects(alice, "nothing here?")).objects == ()
    with pytest.raises(InvalidArgument, match="cursor"):
        await client.list_storage_objects(alice, "saves", cursor="garbage")


@pytest.mark.asyncio
async def test_delete_storage_objects_deletes_all_or_nothing(
    client: Client, alice: Session
) -> None:
    one, _ = await client.write_storage_objects(alice, [save("one", {}), save("two", {})])
    for wrong in ("no such key", "two"):
        version = "wrong" if wrong == "two" else None
        with pytest.raises(InvalidArgument, match="Storage delete rejected"):
            await client.delete_storage_objects(
                alice,
                [
                    DeleteStorageObjectId("saves", "one"),
                    DeleteStorageObjectId("saves", wrong, version),
                ],
            )
    assert await read(client, alice, "one", alice) is not None
    await client.delete_storage_objects(alice, [DeleteStorageObjectId("saves", "one", one.version)])
    assert await read(client, alice, "one", alice) is None
    assert await read(client, alice, "two", alice) is not None


@pytest.mark.asyncio
@pytest.mark.parametrize("version", [None, "*"])
async def test_a_write_is_repeated_after_a_lost_answer_unless_it_has_a_version(
    client: Client, server: MockServer, alice: Session, version: str | None
) -> None:
    rule = server.faults.add(Fault.reset(), WRITE, times=1)
    if version is None:
        await client.write_storage_objects(alice, [save("one", {})])
        assert await read(client, alice, "one", alice) is not None
    else:
        with pytest.raises(ConnectionFailed):
            await client.write_storage_objects(alice, [save("one", {}, version=version)])
    await rule.wait_for_hits(1)


def too_long() -> str:
    return "k" * 129


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (save("", {}), "the key is required"),
        (save(too_long(), {}), "the key may have 128 characters, not 129"),
        (WriteStorageObject(too_long(), "k", {}), "the collection may have 128"),
        (WriteStorageObject("a\0b", "k", {}), "NUL"),
        (save("k", [1]), "must be a dict, not list"),  # type: ignore[arg-type]
        (save("k", {"a": object()}), "can't be written as JSON"),
        (save("k", {"a": "b\0c"}), "may not hold the character NUL"),
        (save("k", {"a\\\0": 1}), "may not hold the character NUL"),
        (save("k", {}, permission_read=3), "permission_read of saves/k must be between 0 and 2"),
        (save("k", {}, permission_write=2), "permission_write of saves/k must be between 0 and 1"),
    ],
)
async def test_write_storage_objects_raises_before_the_wire(
    client: Client, server: MockServer, alice: Session, wrong: WriteStorageObject, text: str
) -> None:
    with pytest.raises(ArgumentError, match=text):
        await client.write_storage_objects(alice, [save("good", {}), wrong])
    assert server.journal.find(WRITE) == []


@pytest.mark.asyncio
async def test_storage_calls_raise_before_the_wire(
    client: Client, server: MockServer, alice: Session
) -> None:
    before = len(server.journal)
    nil = str(uuid.UUID(int=0))
    with pytest.raises(ArgumentError, match="several"):
        await client.write_storage_objects(alice, save("k", {}))  # type: ignore[arg-type]
    for wrong in (("", "k", None), ("c", "", None), ("c", "k", "nobody"), ("c", "k", nil)):
        with pytest.raises(ArgumentError):
            await client.read_storage_objects(alice, [ReadStorageObjectId(*wrong)])
    for names in (("", "k"), ("c", too_long())):
        with pytest.raises(ArgumentError):
            await client.delete_storage_objects(alice, [DeleteStorageObjectId(*names)])
    for limit in (0, 101):
        with pytest.raises(ArgumentError, match="limit must be between 1 and 100"):
            await client.list_storage_objects(alice, "saves", limit=limit)
        with pytest.raises(ArgumentError, match="limit must be between 1 and 100"):
            client.iter_storage_objects(alice, "saves", page_size=limit)
    with pytest.raises(ArgumentError):
        client.iter_storage_objects(alice, "")
    with pytest.raises(ArgumentError, match="may not hold a slash"):
        await client.list_storage_objects(alice, "a/b")
    with pytest.raises(ArgumentError):
        await client.list_storage_objects(alice, "saves", user_id="nobody")
    assert len(server.journal) == before


@pytest.mark.asyncio
async def test_write_storage_objects_takes_names_of_128_characters_and_escaped_backslashes(
    client: Client, alice: Session
) -> None:
    value = {"path": "C:\\u0000", "quote": '"\\'}
    await client.write_storage_objects(alice, [save("ü" * 128, value)])
    assert (await read(client, alice, "ü" * 128, alice)).value == value


@pytest.mark.asyncio
async def test_an_answer_that_is_no_storage_object_is_an_unexpected_reply() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"objects": {"key": 1}})

    async with ScriptedServer(answer=answer) as server, Client(server.url) as client:
        session = Session(make_token(), make_token())
        with pytest.raises(UnexpectedReply):
            await client.read_storage_objects(session, [ReadStorageObjectId("c", "k")])


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=examples(8), deadline=None)
@given(
    values=st.dictionaries(TEXT.filter(bool), st.dictionaries(TEXT, JSON, max_size=3), max_size=6),
    page_size=st.integers(1, 3),
)
def test_iter_storage_objects_yields_what_was_written_once(
    values: dict[str, dict[str, Any]], page_size: int
) -> None:
    asyncio.run(_write_and_page(values, page_size))


async def _write_and_page(values: dict[str, dict[str, Any]], page_size: int) -> None:
    async with MockServer() as server, Client(server.http_url) as client:
        alice = await client.authenticate_device("device-of-alice")
        await client.write_storage_objects(alice, [save(key, values[key]) for key in values])
        found = client.iter_storage_objects(
            alice, "saves", user_id=alice.user_id, page_size=page_size
        )
        listed = [each async for each in found]
        assert [each.key for each in listed] == sorted(values, key=str.encode)
        assert {each.key: each.value for each in listed} == json.loads(json.dumps(values))
