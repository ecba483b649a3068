"""What the fault rules of a server may name, so that a mistyped rule is refused."""

from __future__ import annotations

from collections.abc import Callable, Collection

from attrs import frozen

from server_kit.nearest import nearest


def _any_user(user: str) -> bool:
    return True


@frozen
class FaultTargets:
    """The requests and frames of a server, and the form of its users' ids.

    Attributes:
        requests: As `GET /v2/group/{group_id}/add`; a part in braces stands for any one part.
        received: The members of frames that come in.
        sent: The members of frames that go out.
        is_user_id: Whether a text can be the id of a user.
    """

    requests: Collection[str]
    received: Collection[str] = ()
    sent: Collection[str] = ()
    is_user_id: Callable[[str], bool] = _any_user

    def check_request(self, method: str, path: str) -> None:
        """Raise ValueError for a method (`*` is any) and path that no request has."""
        if any(_agree(method, path, known) for known in self.requests):
            return
        given = path if method == "*" else f"{method} {path}"
        raise ValueError(_unknown("request", given, self.requests))

    def check_frame(self, direction: str, member: str) -> None:
        """Raise ValueError for a member (`*` is any) that no frame in this direction has."""
        known = self.received if direction == "in" else self.sent
        if member != "*" and member not in known:
            names = [f"{direction} {name}" for name in known]
            raise ValueError(_unknown("frame", f"{direction} {member}", names))

    def check_user(self, user: str) -> None:
        """Raise ValueError for a text that is no user's id, as a name."""
        if not self.is_user_id(user):
            raise ValueError(
                f"`user` is the id of a user, as 4c2ae592-b2a7-445e-98ec-697694478b1c; got {user!r}"
            )


def _unknown(what: str, given: str, known: Collection[str]) -> str:
    near = nearest(given, known)
    hint = "" if near is None else f"; the nearest is `{near}`"
    return f"this server has no {what} `{given}`{hint}"


def _agree(method: str, path: str, known: str) -> bool:
    """Whether some request has both the path of a rule and a known one."""
    known_method, _, known_path = known.partition(" ")
    if method not in ("*", known_method):
        return False
    given, there = path.split("/"), known_path.split("/")
    if path.endswith("*"):
        *given, last = path.removesuffix("*").split("/")
        if len(there) <= len(given) or not _part_agrees(there[len(given)], last, is_prefix=True):
            return False
        there = there[: len(given)]
    return len(given) == len(there) and all(map(_part_agrees, there, given))


def _part_agrees(known: str, given: str, *, is_prefix: bool = False) -> bool:
    if known.startswith("{") or given.startswith("{"):
        return True
    return known.startswith(given) if is_prefix else known == given
