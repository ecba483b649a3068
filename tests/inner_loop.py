"""What `pytest -m "not slow"` takes of tests that play many cases, or each against a server."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pytest
from _pytest.mark import ParameterSet
from hypothesis import settings

_ALL = 100  # Hypothesis's own number of examples, which the whole run has


def examples(count: int) -> int:
    """How many a property has: so many in the whole run, a tenth or three in the inner loop."""
    return max(3, count * settings().max_examples // _ALL)


def mostly_slow(names: Iterable[str], *, fast: Collection[str]) -> list[ParameterSet]:
    """The parameters of a test, slow but for one or two of each kind."""
    return [
        pytest.param(name, id=name, marks=() if name in fast else pytest.mark.slow)
        for name in names
    ]
