"""Why a group call is refused, in the words that server modules see."""

from __future__ import annotations


class GroupError(Exception):
    """A refusal; nothing was changed."""

    text = ""

    def __init__(self, text: str = "") -> None:
        super().__init__(text or self.text)


class NameInUse(GroupError):
    """Another group has the name."""

    text = "group name in use"


class PermissionDenied(GroupError):
    """The caller's rank in the group is too low, or there is no such group."""

    text = "group permission denied"


class NothingToUpdate(GroupError):
    """No field was given."""

    text = "no group updates"


class NotUpdated(GroupError):
    """There is no such group."""

    text = "group not updated"


class GroupNotFound(GroupError):
    """There is no such group."""

    text = "group not found"


class GroupFull(GroupError):
    """The group has as many members as it may have."""

    text = "group is full"


class UserNotFound(GroupError):
    """There is no such user."""

    text = "user not found"


class LastSuperadmin(GroupError):
    """The group would be left without a superadmin."""

    text = "user is last group superadmin"


class InvalidCreator(GroupError):
    """The system user cannot be a group's superadmin."""

    text = "group creator user ID not valid"


class DatabaseRefused(GroupError):
    """PostgreSQL refuses a row; the text is its own."""
