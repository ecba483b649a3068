"""The labels of parties, and the index of them that listings search."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from mock_server.features.parties.errors import HIDDEN_LABEL, LABEL_TOO_LONG, PartyError
from mock_server.label_query import Document
from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError

NO_LABEL = "{}"
_MAX_BYTES = 2048
_TEXTS = {True: "T", False: "F"}
_GO_TYPES = {bool: "bool", int: "number", float: "number", str: "string", list: "array"}


@frozen
class Label:
    """A label that will do; it is read once, so that no listing can fail on it.

    Attributes:
        text: The label, as it was given.
        value: The object that it is, or None for `null`.
    """

    text: str
    value: dict[str, Any] | None


@frozen
class PartyEntry:
    """A party as the index knows it.

    Attributes:
        party_id: Its id.
        node: The server's name.
        open: Whether one may join without being accepted.
        hidden: Whether clients do not find it.
        max_size: How many members it may have.
        label: Its label.
        create_time_ns: When it was made, in nanoseconds since the epoch.
    """

    party_id: str
    node: str
    open: bool
    hidden: bool
    max_size: int
    label: Label
    create_time_ns: int

    def document(self) -> Document:
        """The document that queries search."""
        document = Document()
        document.add_text("node", self.node)
        document.add_text("open", _TEXTS[self.open])
        document.add_text("hidden", _TEXTS[self.hidden])
        document.add_number("max_size", self.max_size)
        document.add_time("create_time", self.create_time_ns)
        if self.label.value is not None:
            document.add_value("label", self.label.value)
        return document


def read_label(label: str) -> Label:
    """The label that a party gets; the empty one is an object without members.

    Raises:
        PartyError: It is neither a JSON object nor `null`, or longer than 2048 bytes.
    """
    text = label or NO_LABEL
    if len(text.encode()) > _MAX_BYTES:
        raise PartyError(LABEL_TOO_LONG)
    try:
        value = gojson.unmarshal(text)
    except DecodeError as error:
        raise _no_object(str(error)) from None
    if value is not None and not isinstance(value, dict):
        kind = _GO_TYPES[type(value)]
        raise _no_object(
            f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
        )
    return Label(text, value)


def check_hidden(label: str, *, hidden: bool) -> None:
    """Check that a party that is to be hidden has no label.

    Raises:
        PartyError: It has one.
    """
    if hidden and label not in ("", NO_LABEL):
        raise PartyError(HIDDEN_LABEL)


def _no_object(reason: str) -> PartyError:
    return PartyError(f"failed to unmarshal party label: {reason}")


def listed(entry: PartyEntry) -> dict[str, Any]:
    """The `Party` message of the API; what is empty is left out."""
    fields = {
        "party_id": entry.party_id,
        "open": entry.open,
        "hidden": entry.hidden,
        "max_size": entry.max_size,
        "label": entry.label.text,
    }
    return {name: value for name, value in fields.items() if value}
