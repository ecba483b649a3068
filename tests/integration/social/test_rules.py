"""Random calls through the SDK, and what they should have done by the rules."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from attrs import define
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from mock_server import MockServer
from nakama_client import Client, NotificationCode, Session
from tests.integration.social.rules import MEMBERS, FriendRules, GroupRules, Refusal, Told

pytestmark = pytest.mark.slow

SETTINGS = settings(
    max_examples=15, stateful_step_count=30, deadline=None, report_multiple_bugs=False
)


@define
class Fixtures:
    """A server, a client, and a loop to call them in."""

    run: Callable[[Awaitable[Any]], Any]
    server: MockServer
    client: Client

    def people(self, *names: str) -> dict[str, Session]:
        """The only users there are."""

        async def log_in() -> dict[str, Session]:
            await self.server.reset()
            login = self.client.authenticate_device
            return {name: await login(f"device-of-{name}", username=name) for name in names}

        return self.run(log_in())

    async def told(self, session: Session, names: dict[str, str]) -> list[tuple[int, str]]:
        """What a user finds in the list: the codes, and who did it."""
        stored = self.client.iter_notifications(session)
        return [(each.code, names[each.sender_id]) async for each in stored]


@contextmanager
def fixtures() -> Iterator[Fixtures]:
    async def closed_by(server: MockServer, client: Client) -> None:
        await client.close()
        await server.stop()

    with asyncio.Runner() as runner:

        def run(awaitable: Awaitable[Any]) -> Any:
            async def wait() -> Any:
                return await awaitable

            return runner.run(wait())

        server = MockServer()
        run(server.start())
        client = Client(server.http_url)
        try:
            yield Fixtures(run, server, client)
        finally:
            run(closed_by(server, client))


class Machine(RuleBasedStateMachine):
    """Random calls; each user's notifications are compared at the end."""

    def __init__(self, fixtures: Fixtures, *names: str) -> None:
        super().__init__()
        self.run, self.client, self.fixtures = fixtures.run, fixtures.client, fixtures
        self.sessions = fixtures.people(*names)
        self.names = {session.user_id: name for name, session in self.sessions.items()}
        self.told = Told()

    def id(self, name: str) -> str:
        return self.sessions[name].user_id

    def teardown(self) -> None:
        for name, session in self.sessions.items():
            assert self.run(self.fixtures.told(session, self.names)) == self.told.by_user[name]


class FriendsMachine(Machine):
    """Three users who make friends, and don't."""

    people = ("alice", "bob", "carol")
    pairs = st.permutations(people).map(lambda names: names[:2])

    def __init__(self, fixtures: Fixtures) -> None:
        super().__init__(fixtures, *self.people)
        self.rules = FriendRules(self.told)

    @rule(action=st.sampled_from(["add", "delete", "block"]), pair=pairs)
    def act(self, action: str, pair: tuple[str, str]) -> None:
        user, other = pair
        getattr(self.rules, action)(user, other)
        call = getattr(self.client, f"{action}_friends")
        self.run(call(self.sessions[user], ids=[self.id(other)]))
        for name in pair:
            friends = self.run(self.client.list_friends(self.sessions[name])).friends
            assert {each.user.username: each.state for each in friends} == self.rules.of(name)


class GroupsMachine(Machine):
    """A superadmin, an admin, a member and a stranger, and a group that is full."""

    people = ("alice", "bob", "carol", "dave")
    anybody = st.sampled_from(people)
    is_open = False

    def __init__(self, fixtures: Fixtures) -> None:
        super().__init__(fixtures, *self.people)
        self.rules = GroupRules(
            self.told, self.is_open, 3, dict(zip(self.people, MEMBERS, strict=False))
        )
        for name in ("bob", "carol"):
            self.told.tell(name, NotificationCode.GROUP_ADD, "alice")
        self.group_id = self.run(self.found_group())

    async def found_group(self) -> str:
        alice, bob, carol = self.sessions["alice"], self.id("bob"), self.id("carol")
        group = await self.client.create_group(alice, "g", open=self.is_open, max_count=3)
        await self.client.add_group_users(alice, group.id, [bob, carol])
        await self.client.promote_group_users(alice, group.id, [bob])
        return group.id

    @rule(action=st.sampled_from(["join", "leave"]), user=anybody)
    def come_or_go(self, action: str, user: str) -> None:
        call = getattr(self.client, f"{action}_group")
        refusal = getattr(self.rules, action)(user)
        self.expect(refusal, call(self.sessions[user], self.group_id))

    @rule(
        action=st.sampled_from(["add", "kick", "ban", "promote", "demote"]),
        admin=st.sampled_from(("alice", "bob", *people)),
        user=anybody,
    )
    def change(self, action: str, admin: str, user: str) -> None:
        call = getattr(self.client, f"{action}_group_users")
        refusal = getattr(self.rules, action)(admin, user)
        ids = [self.id(user)]
        self.expect(refusal, call(self.sessions[admin], self.group_id, ids))

    def expect(self, refusal: Refusal, call: Awaitable[None]) -> None:
        if refusal is None:
            self.run(call)
        else:
            with pytest.raises(refusal):
                self.run(call)
        self.run(self.compare())

    async def compare(self) -> None:
        alice, list_users = self.sessions["alice"], self.client.list_group_users
        everybody = (await list_users(alice, self.group_id)).group_users
        banned = (await list_users(alice, self.group_id, state=4)).group_users
        seen = {each.user.username: each.state for each in (*everybody, *banned)}
        assert seen == self.rules.users
        groups = (await self.client.list_groups(alice)).groups
        assert [each.edge_count for each in groups] == self.rules.counts()


class OpenGroupsMachine(GroupsMachine):
    """The same, and everybody may join."""

    is_open = True


@pytest.mark.parametrize("machine", [FriendsMachine, GroupsMachine, OpenGroupsMachine])
def test_random_calls_follow_the_rules(machine: Callable[[Fixtures], Machine]) -> None:
    with fixtures() as here:
        run_state_machine_as_test(lambda: machine(here), settings=SETTINGS)
