"""What a tape asserts about ids whose values are random: their order, their number."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from tests.tapes.matching import Mismatch


class Assertions:
    """The collected lists of one replay and the assertions about them."""

    def __init__(self) -> None:
        self._lists: dict[str, list[str]] = {}

    def check(self, assertions: Iterable[dict[str, Any]], document: Any) -> None:
        """Carry out the assertions of a step on its answer.

        Raises:
            Mismatch: One does not hold.
        """
        for assertion in assertions:
            if assertion["op"] == "collect":
                values = _at(document, assertion["path"].split("."))
                self._lists.setdefault(assertion["into"], []).extend(values)
            elif not self._holds(assertion, document):
                raise Mismatch(f"{assertion} does not hold of {document!r} and {self._lists!r}")

    def _holds(self, assertion: dict[str, Any], document: Any) -> bool:
        if assertion["op"] == "same_set":
            first, second = (sorted(self._lists[name]) for name in assertion["vars"])
            return first == second
        if assertion["op"] == "distinct":
            values = self._lists[assertion["var"]]
            return len(values) == len(set(values)) == int(assertion["count"])
        if "var" in assertion:
            return _is_sorted(self._lists[assertion["var"]])
        # Notifications of one code were sent together and are ordered by their ids.
        ties = groupby(document["notifications"], key=lambda item: item.get("code", 0))
        return all(_is_sorted([item["id"] for item in items]) for _, items in ties)


def _is_sorted(values: list[str]) -> bool:
    return values == sorted(values)


def _at(document: Any, path: list[str]) -> list[Any]:
    if not path:
        return [document]
    first, *rest = path
    if first == "*":
        return [value for item in document for value in _at(item, rest)]
    return _at(document[first], rest)
