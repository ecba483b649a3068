from hypothesis import given
from hypothesis import strategies as st

from nakama_client import QueueOverflow
from nakama_client.protocol.backlog import Backlog


@given(st.integers(1, 5), st.lists(st.booleans(), max_size=60))
def test_what_comes_out_is_in_order_with_each_gap_counted(limit: int, adds: list[bool]) -> None:
    """True adds the next number, False takes one out."""
    backlog: Backlog[int] = Backlog(limit)
    sent = 0
    out: list[int | QueueOverflow] = []
    for add in adds:
        if add:
            backlog.add(sent)
            sent += 1
        elif backlog.waiting:
            out.append(backlog.take())
        assert len(backlog.waiting) <= limit + 1
    while backlog.waiting:
        out.append(backlog.take())
    expected = 0
    for item in out:
        if isinstance(item, QueueOverflow):
            assert item.dropped > 0
            expected += item.dropped
        else:
            assert item == expected
            expected += 1
    assert expected == sent
    assert backlog.dropped == sum(item.dropped for item in out if isinstance(item, QueueOverflow))


def test_one_overflow_is_one_gap() -> None:
    backlog: Backlog[int] = Backlog(2)
    assert [backlog.add(number) for number in range(10)] == [True, True, *[False] * 8]
    first, second, gap = (backlog.take() for _ in range(3))
    assert (first, second) == (0, 1)
    assert isinstance(gap, QueueOverflow)
    assert (gap.dropped, gap.limit) == (8, 2)
    assert str(gap) == "8 events were dropped: 2 were waiting for slow handlers"


def test_add_always_ignores_the_limit() -> None:
    backlog: Backlog[str] = Backlog(1)
    backlog.add("a")
    backlog.add("dropped")
    backlog.add_always("end")
    assert [backlog.take() for _ in range(3)][::2] == ["a", "end"]


def test_clear_empties_the_backlog() -> None:
    backlog: Backlog[str] = Backlog(1)
    backlog.add("a")
    backlog.add("b")
    backlog.clear()
    assert not backlog.waiting
    assert backlog.add("c")
    assert backlog.take() == "c"
