"""How many terms of the index a range of numbers finds in one document."""

from __future__ import annotations

from collections.abc import Collection

LEAST, MOST = -(1 << 63), (1 << 63) - 1
_STEP = 4


def count_in_range(ordinals: Collection[int], least: int, most: int) -> int:
    """How often numbers that lie in a range count.

    The index covers a range with as few prefixes of numbers as it can, and each prefix counts once
    for a document: so two numbers next to each other may count as one.

    Args:
        ordinals: The numbers of a document's field.
        least: The lowest number of the range.
        most: The highest one.
    """
    inside = [ordinal for ordinal in ordinals if least <= ordinal <= most]
    if len(inside) < 2:
        return len(inside)
    covering = _covering(least, most)
    return len(
        {
            (shift, ordinal >> shift)
            for ordinal in inside
            for low, high, shift in covering
            if low <= ordinal <= high
        }
    )


def _covering(least: int, most: int) -> list[tuple[int, int, int]]:
    """The ranges that make up a range, each with the number of bits that its prefixes leave out."""
    pieces = []
    shift = 0
    while True:
        step, mask = 1 << shift + _STEP, ((1 << _STEP) - 1) << shift
        has_lower, has_upper = least & mask != 0, most & mask != mask
        next_least = (least + step if has_lower else least) & ~mask
        next_most = (most - step if has_upper else most) & ~mask
        is_last = shift + _STEP >= 64 or next_least > next_most
        if is_last or next_least > MOST or next_most < LEAST:
            pieces.append((least, most | (1 << shift) - 1, shift))
            return pieces
        if has_lower:
            pieces.append((least, least | mask | (1 << shift) - 1, shift))
        if has_upper:
            pieces.append((most & ~mask, most | (1 << shift) - 1, shift))
        least, most, shift = next_least, next_most, shift + _STEP
