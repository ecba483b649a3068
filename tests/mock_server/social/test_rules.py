"""Random calls over HTTP, and what they should have done: states, order, counts, messages."""

from __future__ import annotations

import asyncio
import copy
from collections import Counter
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest
from attrs import define, field
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.mock_server.social.game import OK, Player, open_game, refused

pytestmark = pytest.mark.slow

NAMES = ("ada", "bob", "cleo", "dan")
FRIEND, SENT, RECEIVED, BLOCKED = range(4)
SUPERADMIN, ADMIN, MEMBER, REQUEST, BANNED = range(5)
ROOM_FOR = 3

DENIED = refused(5, "Group not found or permission denied.")
FULL = refused(3, "Group is full.")
LAST = refused(3, "Cannot leave group when you are the last superadmin.")
GONE = refused(5, "Group not found.")

Answer = dict[str, Any]


class States:
    """What some are to others, and the order in which lists show them: by state, then by age."""

    def __init__(self) -> None:
        self._states: dict[str, int] = {}
        self._ages: dict[str, int] = {}

    def of(self, name: str) -> int | None:
        return self._states.get(name)

    def put(self, name: str, state: int) -> None:
        """Set a state; one who has another keeps their age."""
        if name not in self._states:
            self._ages[name] = 1 + max(self._ages.values(), default=0)
        self._states[name] = state

    def drop(self, name: str) -> None:
        self._states.pop(name, None)

    def listed(self, states: Sequence[int] = range(5)) -> dict[str, int]:
        shown = [each for each, state in self._states.items() if state in states]
        shown.sort(key=lambda each: (self._states[each], self._ages[each]))
        return {each: self._states[each] for each in shown}


@define
class Friends:
    """Everybody's edges."""

    edges: dict[str, States] = field(factory=lambda: {name: States() for name in NAMES})

    def add(self, user: str, others: Sequence[str]) -> None:
        for other in others:
            mine, theirs = self.edges[user], self.edges[other]
            if mine.of(other) == RECEIVED:
                mine.put(other, FRIEND)
                theirs.put(user, FRIEND)
            elif mine.of(other) is None and theirs.of(user) is None:
                mine.put(other, SENT)
                theirs.put(user, RECEIVED)

    def delete(self, user: str, others: Sequence[str]) -> None:
        for other in others:
            self.edges[user].drop(other)
            self._release(other, user)

    def block(self, user: str, others: Sequence[str]) -> None:
        for other in others:
            self.edges[user].put(other, BLOCKED)
            self._release(other, user)

    def _release(self, user: str, other: str) -> None:
        if self.edges[user].of(other) != BLOCKED:
            self.edges[user].drop(other)


@define
class Group:
    """A group, and the codes and names of the messages on its channel."""

    is_open: bool
    users: States = field(factory=States)
    messages: list[tuple[int, str]] = field(factory=list)
    exists: bool = True

    def members(self) -> dict[str, int]:
        return self.users.listed(range(REQUEST))

    def join(self, user: str) -> Answer:
        if not self.exists:
            return GONE
        if len(self.members()) == ROOM_FOR:
            return FULL
        if self.users.of(user) is None:
            self.users.put(user, MEMBER if self.is_open else REQUEST)
            if self.is_open:
                self.messages.append((3, user))
        return OK

    def leave(self, user: str) -> Answer:
        state = self.users.of(user)
        if state in (None, BANNED):
            return OK
        superadmins = self.users.listed([SUPERADMIN])
        if state == SUPERADMIN and len(superadmins) == 1:
            if len(self.members()) > 1:
                return LAST
            self.users, self.exists = States(), False
            return OK
        self.users.drop(user)
        self.messages.append((5, user))
        return OK

    def change(self, verb: str, user: str, others: Sequence[str]) -> Answer:
        rank = self.users.of(user)
        if rank not in (SUPERADMIN, ADMIN):
            return DENIED
        before = copy.deepcopy((self.users, self.messages))
        targets = [(each, self.users.of(each)) for each in others if each != user]
        getattr(self, f"_{verb}")(rank, targets)
        if len(self.members()) > ROOM_FOR:
            self.users, self.messages = before
            return FULL
        return OK

    def _add(self, rank: int, targets: list[tuple[str, int | None]]) -> None:
        for name, state in targets:
            if state in (None, REQUEST):
                self.users.put(name, MEMBER)
                self.messages.append((4, name))

    def _kick(self, rank: int, targets: list[tuple[str, int | None]]) -> None:
        self._remove(rank, targets, 6)

    def _ban(self, rank: int, targets: list[tuple[str, int | None]]) -> None:
        for name in self._remove(rank, targets, 8)[:1]:
            self.users.put(name, BANNED)

    def _remove(self, rank: int, targets: list[tuple[str, int | None]], code: int) -> list[str]:
        removed = []
        for name, state in targets:
            if state is not None and (rank == SUPERADMIN or state > ADMIN):
                self.users.drop(name)
                removed.append(name)
                if state <= MEMBER:
                    self.messages.append((code, name))
        return removed

    def _promote(self, rank: int, targets: list[tuple[str, int | None]]) -> None:
        for name, state in targets:
            if state is not None and rank < state <= MEMBER:
                self.users.put(name, state - 1)
                self.messages.append((7, name))

    def _demote(self, rank: int, targets: list[tuple[str, int | None]]) -> None:
        for name, state in targets:
            if state is not None and rank <= state < MEMBER:
                self.users.put(name, state + 1)
                self.messages.append((9, name))


USER = st.sampled_from(NAMES)
OTHERS = st.lists(USER, min_size=1, max_size=3, unique=True)
ACTOR = st.sampled_from(["ada", "bob", "cleo", "ada", "bob", "dan"])
KIND = st.sampled_from(["open", "closed"])


class Rules(RuleBasedStateMachine):
    """Four users, an open group and a closed one; both are full of a superadmin and two admins."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.friends = Friends()
        self.groups = {kind: Group(kind == "open") for kind in ("open", "closed")}
        self.ids: dict[str, str] = {}
        self.players: dict[str, Player] = {}
        self.loop.run(self._open())

    async def _open(self) -> None:
        self.game = await self.stack.enter_async_context(open_game())
        self.players = {name: await self.game.login(name) for name in NAMES}
        for kind, group in self.groups.items():
            fields = {"name": kind, "open": group.is_open, "max_count": ROOM_FOR}
            self.ids[kind] = (await self.players["ada"].post("/v2/group", fields))["id"]
            group.users.put("ada", SUPERADMIN)
            for verb in ("add", "promote"):
                group.change(verb, "ada", ["bob", "cleo"])
                path = f"/v2/group/{self.ids[kind]}/{verb}"
                await self.players["ada"].post(path, user_ids=self.ids_of(["bob", "cleo"]))

    def expect(self, answer: Answer, call: Coroutine[Any, Any, Any]) -> None:
        assert self.loop.run(call) == answer

    def ids_of(self, names: Sequence[str]) -> list[str]:
        return [self.players[name].id for name in names]

    @rule(user=USER, others=OTHERS, verb=st.sampled_from(["add", "delete", "block"]))
    def befriend(self, user: str, others: list[str], verb: str) -> None:
        others = [name for name in others if name != user]
        getattr(self.friends, verb)(user, others)
        player, ids = self.players[user], self.ids_of(others)
        if verb == "delete":
            self.expect(OK, player.delete("/v2/friend", ids=ids))
        else:
            path = "/v2/friend" if verb == "add" else "/v2/friend/block"
            self.expect(OK, player.post(path, ids=ids))
        self.loop.run(self._check_friends())

    @rule(kind=KIND, user=USER, verb=st.sampled_from(["join", "leave"]))
    def come_and_go(self, kind: str, user: str, verb: str) -> None:
        answer = getattr(self.groups[kind], verb)(user)
        self.expect(answer, self.players[user].post(f"/v2/group/{self.ids[kind]}/{verb}"))
        self.loop.run(self._check_group(kind))

    @rule(kind=KIND, user=ACTOR, others=OTHERS, verb=st.sampled_from(["add", "kick", "ban"]))
    def admit_and_remove(self, kind: str, user: str, others: list[str], verb: str) -> None:
        self._change(kind, user, others, verb)

    @rule(kind=KIND, user=ACTOR, others=OTHERS, verb=st.sampled_from(["promote", "demote"]))
    def rank(self, kind: str, user: str, others: list[str], verb: str) -> None:
        self._change(kind, user, others, verb)

    def _change(self, kind: str, user: str, others: list[str], verb: str) -> None:
        answer = self.groups[kind].change(verb, user, others)
        path = f"/v2/group/{self.ids[kind]}/{verb}"
        self.expect(answer, self.players[user].post(path, user_ids=self.ids_of(others)))
        self.loop.run(self._check_group(kind))

    async def _check_friends(self) -> None:
        for name, player in self.players.items():
            wanted = self.friends.edges[name].listed()
            assert list((await player.friends()).items()) == list(wanted.items())
            assert await player.edge_count() == len(wanted)

    async def _check_group(self, kind: str) -> None:
        group = self.groups[kind]
        shown = await self._users(kind)
        assert list(shown.items()) == list(group.users.listed(range(BANNED)).items())
        assert await self._users(kind, state=BANNED) == group.users.listed([BANNED])
        found = await self.players["ada"].pages("/v2/group", "groups", name=kind)
        assert [each["edge_count"] for each in found] == [len(group.members())] * group.exists

    async def _users(self, kind: str, **query: object) -> dict[str, int]:
        path = f"/v2/group/{self.ids[kind]}/user"
        listed = await self.players["ada"].pages(path, "group_users", **query)
        return {each["user"]["username"]: each["state"] for each in listed}

    def teardown(self) -> None:
        try:
            self.loop.run(self._compare_at_the_end())
        finally:
            self.loop.run(self.stack.aclose())
            self.loop.close()

    async def _compare_at_the_end(self) -> None:
        for player in self.players.values():
            whole = await player.get("/v2/friend")
            paged = await player.pages("/v2/friend", "friends", limit=1)
            assert paged == whole.get("friends", [])
        for kind, group in self.groups.items():
            if group.exists:
                assert await self._users(kind, limit=1) == group.users.listed(range(BANNED))
            assert Counter(self._messages(kind)) == Counter(group.messages)

    def _messages(self, kind: str) -> list[tuple[int, str]]:
        """What the channel's history has; the order within one second is by chance."""
        found: list[tuple[int, str]] = []
        cursor = ""
        while True:
            page, following, _ = self.game.server.nk.channel_messages_list(
                f"3.{self.ids[kind]}..", 100, True, cursor
            )
            found += [(each["code"], each["username"]) for each in page]
            if following is None:
                return found
            cursor = following


TestRules = pytest.mark.timeout(400)(Rules.TestCase)  # Hypothesis needs 300 to simplify a failure
TestRules.settings = settings(max_examples=25, stateful_step_count=50, deadline=None)
