"""Why a request about a party is refused; the texts are Nakama's."""

from __future__ import annotations


class PartyError(Exception):
    """A party refuses; the message says why, behind what was to be done."""


NOT_FOUND = "party not found"
FULL = "party full"
LEADER_ONLY = "party leader only"
NO_MEMBER = "party member not found"
NO_REQUEST = "party join request not found"
REQUEST_DUPLICATE = "party join request duplicate"
REQUESTS_FULL = "party join requests full"
NOT_ACCEPTED = "party could not accept request"
REMOVES_SELF = "party cannot remove self"
LABEL_TOO_LONG = "party label too long"
HIDDEN_LABEL = "party is hidden and label is not empty, invalid operation"
EMPTY = "party has no members"
