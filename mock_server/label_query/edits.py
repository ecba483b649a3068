"""How many edits lead from one text to another."""

from __future__ import annotations


def edit_distance(first: str, second: str, most: int) -> int | None:
    """The number of inserted, deleted, replaced or swapped neighbouring characters.

    Args:
        first: A text.
        second: Another one.
        most: How many edits are looked for.

    Returns:
        The distance, or None when it is more than `most`.
    """
    if abs(len(first) - len(second)) > most:
        return None
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, char in enumerate(first, start=1):
        older, before = before, row
        row = [i]
        for j, other in enumerate(second, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != other))
            if i > 1 and j > 1 and char == second[j - 2] and first[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return None
    return row[-1] if row[-1] <= most else None
