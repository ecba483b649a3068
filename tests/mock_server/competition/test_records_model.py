"""Records against a model: what writes do to them, their ranks, lists and windows."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server import MockServer
from tests.inner_loop import examples

_OWNERS = [f"00000000-0000-4000-8000-0000000000{number:02x}" for number in range(12)]
_boards = itertools.count()

_scores = st.one_of(st.integers(0, 3), st.sampled_from((2**53 + 1, 2**62)))
_writes = st.tuples(
    st.sampled_from(_OWNERS),
    _scores,
    st.integers(0, 2),
    st.sampled_from((None, None, "best", "set", "incr", "decr")),
)
_MAX = 2**63 - 1


@define
class _Model:
    """A board as its rules are written down."""

    is_ascending: bool
    operator: str
    rows: dict[str, list[int]] = field(factory=dict)

    def write(self, owner: str, score: int, subscore: int, override: str | None) -> None:
        operator = override or self.operator
        if owner not in self.rows:
            first = [0, 0] if operator == "decr" else [score, subscore]
            self.rows[owner] = [*first, 1]
            return
        row = self.rows[owner]
        if operator == "best":
            better = min if self.is_ascending else max
            new = [better(row[0], score), better(row[1], subscore)]
            changes = new != row[:2]
        elif operator == "set":
            new, changes = [score, subscore], [score, subscore] != row[:2]
        else:
            sign = 1 if operator == "incr" else -1
            new = [max(row[0] + sign * score, 0), max(row[1] + sign * subscore, 0)]
            changes = bool(score or subscore)
        if changes:
            self.rows[owner] = [*new, row[2] + 1]

    def would_overflow(self, owner: str, score: int, override: str | None) -> bool:
        operator = override or self.operator
        return operator == "incr" and owner in self.rows and self.rows[owner][0] + score > _MAX

    def order(self) -> list[str]:
        def key(owner: str) -> tuple[int, int, str]:
            score, subscore, _ = self.rows[owner]
            return score, subscore, owner

        return sorted(self.rows, key=key, reverse=not self.is_ascending)


def _play(server: MockServer, check: Callable[[str, _Model], None]) -> None:
    """Let a board live through many lives, and look at it after each."""

    @settings(max_examples=examples(40), deadline=None)
    @given(
        is_ascending=st.booleans(),
        operator=st.sampled_from(("best", "set", "incr", "decr")),
        writes=st.lists(_writes, max_size=30),
        deleted=st.sets(st.sampled_from(_OWNERS), max_size=3),
    )
    def live(is_ascending: bool, operator: str, writes: list[Any], deleted: set[str]) -> None:
        nk, board = server.nk, f"board-{next(_boards)}"
        nk.leaderboard_create(
            board, False, "asc" if is_ascending else "desc", operator, "", {}, True
        )
        model = _Model(is_ascending, operator)
        for owner, score, subscore, override in writes:
            if model.would_overflow(owner, score, override):
                continue
            model.write(owner, score, subscore, override)
            record = nk.leaderboard_record_write(board, owner, "", score, subscore, None, override)
            written = [record["score"], record["subscore"], record["num_score"]]
            assert written == model.rows[owner]
            assert record["rank"] == model.order().index(owner) + 1
        for owner in deleted:
            nk.leaderboard_record_delete(board, owner)
            model.rows.pop(owner, None)
        check(board, model)

    live()


@pytest.mark.asyncio
async def test_ranks_are_the_positions_in_the_boards_order(server: MockServer) -> None:
    def check(board: str, model: _Model) -> None:
        records, owners, *_, count = server.nk.leaderboard_records_list(board, _OWNERS, 100)
        order = model.order()
        assert [each["owner_id"] for each in records] == order
        assert [each["rank"] for each in records] == list(range(1, len(order) + 1))
        assert [(each["owner_id"], each["rank"]) for each in owners] == [
            (owner, rank) for rank, owner in enumerate(order, start=1)
        ]
        assert count == len(order)

    _play(server, check)


@pytest.mark.asyncio
async def test_pages_there_and_back_show_each_record_once(server: MockServer) -> None:
    def check(board: str, model: _Model) -> None:
        nk, order, limit = server.nk, model.order(), 1 + len(model.rows) // 3
        shown, cursor, pages = [], None, []
        while True:
            records, _, cursor, _, _ = nk.leaderboard_records_list(board, None, limit, cursor)
            pages.append([(each["owner_id"], each["rank"]) for each in records])
            shown += pages[-1]
            if cursor is None:
                break
        assert shown == [(owner, rank) for rank, owner in enumerate(order, start=1)]
        _, _, cursor, _, _ = nk.leaderboard_records_list(board, None, limit)
        for _ in range(len(pages) - 2):
            _, _, cursor, back, _ = nk.leaderboard_records_list(board, None, limit, cursor)
        if len(pages) > 1:
            records, _, _, back, _ = nk.leaderboard_records_list(board, None, limit, cursor)
            for page in reversed(pages[:-1]):
                records, _, following, back, _ = nk.leaderboard_records_list(
                    board, None, limit, back
                )
                assert [(each["owner_id"], each["rank"]) for each in records] == page
                assert following is not None
            assert back is None

    _play(server, check)


@pytest.mark.asyncio
async def test_the_window_around_an_owner(server: MockServer) -> None:
    def check(board: str, model: _Model) -> None:
        order = model.order()
        for limit, (place, owner) in itertools.product((1, 2, 4, 5, 20), enumerate(order)):
            before = order[max(place - limit, 0) : place]
            more = limit // 2 if len(before) >= limit // 2 else limit - len(before)
            window = [*before, owner, *order[place + 1 : place + 1 + more]]
            if len(window) > limit:
                window = window[:limit] if len(before) < more else window[-limit:]
            records, following, previous, count = server.nk.leaderboard_records_haystack(
                board, owner, limit
            )
            assert [each["owner_id"] for each in records] == window
            assert [each["rank"] for each in records] == [order.index(each) + 1 for each in window]
            assert count == len(order)
            assert (previous is not None) == (order.index(window[0]) > 0)
            assert (following is not None) == (len(order) > place + 1 + more)

    _play(server, check)


@pytest.mark.asyncio
async def test_a_cursor_from_a_rank_starts_there(server: MockServer) -> None:
    def check(board: str, model: _Model) -> None:
        for rank, owner in enumerate(model.order(), start=1):
            cursor = server.nk.leaderboard_records_list_cursor_from_rank(board, rank)
            (record,), *_ = server.nk.leaderboard_records_list(board, None, 1, cursor)
            assert (record["owner_id"], record["rank"]) == (owner, rank)

    _play(server, check)


@pytest.mark.asyncio
async def test_ranks_come_back_with_the_database(server: MockServer) -> None:
    nk = server.nk
    nk.leaderboard_create("b", False, "desc", "best", "", {}, True)
    for number, owner in enumerate(_OWNERS):
        nk.leaderboard_record_write("b", owner, "", number % 5)
    before = nk.leaderboard_records_list("b", _OWNERS, 100)
    snapshot = await server.snapshot()
    nk.leaderboard_record_write("b", _OWNERS[0], "", 99)
    await server.restore(snapshot)
    assert server.nk.leaderboard_records_list("b", _OWNERS, 100) == before
    await server.restart()
    assert server.nk.leaderboard_records_list("b", _OWNERS, 100) == before
    await server.reset()
    server.nk.leaderboard_create("b", False, "desc", "best", "", {}, True)
    assert server.nk.leaderboard_records_list("b", _OWNERS, 100) == ([], [], None, None, 0)
