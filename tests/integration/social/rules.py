"""Nakama's rules for friends and groups, in the fewest words: what the calls should have done."""

from __future__ import annotations

from collections import defaultdict

from attrs import define, field

from nakama_client import ApiError, FriendState, GroupUserState, InvalidArgument, NotFound
from nakama_client import NotificationCode as Code

ADMINS = (GroupUserState.SUPERADMIN, GroupUserState.ADMIN)
MEMBERS = (*ADMINS, GroupUserState.MEMBER)

Refusal = type[ApiError] | None


@define
class Told:
    """What each user was told: the code, and who did it."""

    by_user: defaultdict[str, list[tuple[int, str]]] = field(factory=lambda: defaultdict(list))

    def tell(self, user: str, code: Code, sender: str) -> None:
        self.by_user[user].append((code, sender))


@define
class FriendRules:
    """Who is what to whom: an entry is one user's view of another."""

    told: Told
    edges: dict[tuple[str, str], FriendState] = field(factory=dict)

    def of(self, user: str) -> dict[str, int]:
        return {other: state for (one, other), state in self.edges.items() if one == user}

    def add(self, user: str, other: str) -> None:
        mine, theirs = self.edges.get((user, other)), self.edges.get((other, user))
        if mine is FriendState.INVITE_RECEIVED:
            self.edges[user, other] = self.edges[other, user] = FriendState.FRIEND
            self.told.tell(other, Code.FRIEND_ACCEPT, user)
        elif mine is None and theirs is None:
            self.edges[user, other] = FriendState.INVITE_SENT
            self.edges[other, user] = FriendState.INVITE_RECEIVED
            self.told.tell(other, Code.FRIEND_REQUEST, user)

    def delete(self, user: str, other: str) -> None:
        mine = self.edges.pop((user, other), None)
        if self.edges.get((other, user)) not in (None, FriendState.BLOCKED):
            del self.edges[other, user]
            if mine is not None:
                self.told.tell(other, Code.FRIEND_REMOVE, user)

    def block(self, user: str, other: str) -> None:
        self.edges[user, other] = FriendState.BLOCKED
        if self.edges.get((other, user)) is not FriendState.BLOCKED:
            self.edges.pop((other, user), None)


@define
class GroupRules:
    """One group: who is what in it. Each call returns the refusal, if any."""

    told: Told
    is_open: bool
    max_count: int
    users: dict[str, GroupUserState]
    exists: bool = True

    def counts(self) -> list[int]:
        """The number of members, for each group there is."""
        return [len(self.members())] if self.exists else []

    def members(self) -> list[str]:
        return [user for user, state in self.users.items() if state in MEMBERS]

    def join(self, user: str) -> Refusal:
        if not self.exists:
            return NotFound
        if len(self.members()) >= self.max_count:
            return InvalidArgument
        if user in self.users:
            return None
        if self.is_open:
            self.users[user] = GroupUserState.MEMBER
            return None
        for admin, state in self.users.items():
            if state in ADMINS:
                self.told.tell(admin, Code.GROUP_JOIN_REQUEST, user)
        self.users[user] = GroupUserState.JOIN_REQUEST
        return None

    def leave(self, user: str) -> Refusal:
        state = self.users.get(user)
        if state in (None, GroupUserState.BANNED):
            return None
        if state is GroupUserState.SUPERADMIN and not self._other_superadmins(user):
            if self.members() != [user]:
                return InvalidArgument
            self.users.clear()
            self.exists = False
        else:
            del self.users[user]
        return None

    def add(self, admin: str, user: str) -> Refusal:
        if self.users.get(admin) not in ADMINS:
            return NotFound
        if user == admin or self.users.get(user) not in (None, GroupUserState.JOIN_REQUEST):
            return None
        if len(self.members()) >= self.max_count:
            return InvalidArgument
        self.users[user] = GroupUserState.MEMBER
        self.told.tell(user, Code.GROUP_ADD, admin)
        return None

    def kick(self, admin: str, user: str) -> Refusal:
        return self._remove(admin, user, None)

    def ban(self, admin: str, user: str) -> Refusal:
        return self._remove(admin, user, GroupUserState.BANNED)

    def promote(self, admin: str, user: str) -> Refusal:
        rank, state = self.users.get(admin), self.users.get(user)
        if rank not in ADMINS:
            return NotFound
        if user != admin and state in MEMBERS and state > rank:
            self.users[user] = GroupUserState(state - 1)
        return None

    def demote(self, admin: str, user: str) -> Refusal:
        rank, state = self.users.get(admin), self.users.get(user)
        if rank not in ADMINS:
            return NotFound
        if user != admin and state in ADMINS and state >= rank:
            self.users[user] = GroupUserState(state + 1)
        return None

    def _remove(self, admin: str, user: str, after: GroupUserState | None) -> Refusal:
        rank, state = self.users.get(admin), self.users.get(user)
        if rank not in ADMINS:
            return NotFound
        if user == admin or state is None:
            return None
        if rank is GroupUserState.ADMIN and state in ADMINS:
            return None
        del self.users[user]
        if after is not None:
            self.users[user] = after
        return None

    def _other_superadmins(self, user: str) -> list[str]:
        superadmin = GroupUserState.SUPERADMIN
        return [each for each, state in self.users.items() if state is superadmin and each != user]
