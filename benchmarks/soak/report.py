"""What was handled, compared with what the server has stored."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import field, frozen


@frozen
class Handled:
    """One call of a handler.

    Attributes:
        player: Whose.
        id: The notification.
        sender: Who sent it.
        number: Its number among those of this sender to this player, from 1.
    """

    player: int
    id: str
    sender: str
    number: int


@frozen
class Report:
    """How the handled notifications compare with the stored ones.

    Attributes:
        stored: How many the server has.
        handled: How many calls of handlers there were.
        lost: How many were never handled.
        unknown: How many were handled that the server has not.
        repeats: How many calls there were beyond the first for each.
        disorder: How many were handled after a later one of the same sender, repeats aside.
    """

    stored: int
    handled: int
    lost: int
    unknown: int
    repeats: int
    disorder: int = field(default=0)


def read(journal: Path) -> Iterator[Handled]:
    """What a journal says; a kill may have cut its last line."""
    if journal.exists():
        for line in journal.read_text().splitlines():
            try:
                yield Handled(*json.loads(line))
            except ValueError:
                continue


def compare(journal: Path, stored: Mapping[int, set[str]]) -> Report:
    """Compare a journal with the ids that the server has stored for each player."""
    calls: Counter[tuple[int, str]] = Counter()
    latest: dict[tuple[int, str], int] = defaultdict(int)
    disorder = 0
    for each in read(journal):
        calls[each.player, each.id] += 1
        if calls[each.player, each.id] == 1:
            disorder += each.number < latest[each.player, each.sender]
            latest[each.player, each.sender] = each.number
    everything = {(player, each) for player, ids in stored.items() for each in ids}
    return Report(
        stored=len(everything),
        handled=calls.total(),
        lost=len(everything - calls.keys()),
        unknown=len(calls.keys() - everything),
        repeats=calls.total() - len(calls),
        disorder=disorder,
    )
