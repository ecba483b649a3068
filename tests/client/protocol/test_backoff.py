"""Delays: exponential, bounded, spread over the whole range."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from nakama_client.protocol.backoff import full_jitter


@given(
    failures=st.integers(1, 10**9),
    first=st.floats(0, 1e6),
    longest=st.floats(0, 1e6),
    seed=st.integers(),
)
def test_a_delay_is_never_above_the_bounds(
    failures: int, first: float, longest: float, seed: int
) -> None:
    random = Random(seed).random
    delay = full_jitter(failures, first=first, longest=longest, random=random)
    assert 0 <= delay <= longest
    assert delay <= first * 2.0 ** min(failures - 1, 1000)


def test_the_bound_doubles() -> None:
    bounds = [
        full_jitter(failures, first=0.5, longest=30.0, random=lambda: 1.0)
        for failures in range(1, 10)
    ]
    assert bounds == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_many_clients_come_back_spread_out() -> None:
    random = Random(7).random
    delays = sorted(full_jitter(1, first=10.0, longest=30.0, random=random) for _ in range(2000))
    in_each_second = [sum(second <= each < second + 1 for each in delays) for second in range(10)]
    assert max(in_each_second) < 300
    assert min(in_each_second) > 100
