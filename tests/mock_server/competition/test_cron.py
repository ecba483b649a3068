"""Cron schedules: the search for matches against a plain walk through the seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.cron import BadSchedule, parse_schedule
from mock_server.cron_schedule import NEVER, ScheduleCrash

_START = datetime(2026, 1, 1, tzinfo=UTC)
_MINUTES = st.sampled_from(("*", "0", "5,20", "*/15", "10-30/7", "59", "3/25"))
_HOURS = st.sampled_from(("*", "0", "8-17/3", "23", "*/5"))
_DAYS = st.sampled_from(("*", "?", "1", "L", "31", "15W", "LW", "1,L", "29-31", "1W"))
_MONTHS = st.sampled_from(("*", "2", "JAN,jul", "*/5", "november"))
_WEEKDAYS = st.sampled_from(("*", "?", "MON", "7", "5L", "5#2", "1-5", "2#5", "sun,3L"))


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


@given(
    fields=st.tuples(_MINUTES, _HOURS, _DAYS, _MONTHS, _WEEKDAYS),
    offset=st.integers(0, 3 * 366 * 24 * 3600),
)
def test_next_and_last_enclose_a_time_without_a_match_between(
    fields: tuple[str, ...], offset: int
) -> None:
    schedule = parse_schedule(" ".join(fields))
    now = _seconds(_START) + offset
    following, before = schedule.next(now), schedule.last(now)
    assert before < now < following or NEVER in (before, following)
    if following != NEVER:
        assert schedule.last(following) <= now
        assert schedule.next(following - 1) == following
    if before != NEVER:
        assert schedule.next(before) >= now


@given(
    second=st.sampled_from(("0", "30", "7,41")),
    minute=_MINUTES,
    hour=_HOURS,
    offset=st.integers(0, 86_399),
)
def test_next_is_the_first_second_that_matches(
    second: str, minute: str, hour: str, offset: int
) -> None:
    schedule = parse_schedule(f"{second} {minute} {hour} * * * *")
    moment = _START + timedelta(seconds=offset + 1)
    while not (
        moment.hour in schedule.hours
        and moment.minute in schedule.minutes
        and moment.second in schedule.seconds
    ):
        moment += timedelta(seconds=1)
    assert schedule.next(_seconds(_START) + offset) == _seconds(moment)


@pytest.mark.parametrize(
    ("expression", "year", "month", "days"),
    [
        ("0 0 L * *", 2024, 2, [29]),
        ("0 0 LW * *", 2026, 1, [30]),
        ("0 0 1W * *", 2026, 8, [3]),
        ("0 0 31W * *", 2026, 5, [29]),
        ("0 0 * * 5L", 2026, 11, [27]),
        ("0 0 * * 1#5", 2026, 11, [30]),
        ("0 0 * * 2#5", 2026, 11, []),
        ("0 0 13 * 5", 2026, 11, [6, 13, 20, 27]),
        ("0 0 1-3 * *", 2026, 11, [1, 2, 3]),
        ("0 0 30,31 * *", 2026, 2, []),
    ],
)
def test_next_finds_every_matching_day_of_a_month(
    expression: str, year: int, month: int, days: list[int]
) -> None:
    schedule = parse_schedule(expression)
    found, moment = [], _seconds(datetime(year, month, 1, tzinfo=UTC)) - 1
    end = _seconds(datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC))
    while (moment := schedule.next(moment)) < end:
        found.append(datetime.fromtimestamp(moment, UTC).day)
    assert found == days


def test_last_looks_only_at_the_second_before_within_a_minute() -> None:
    schedule = parse_schedule("*/5 * * * * * *")
    noon = _seconds(datetime(2026, 1, 1, 12, tzinfo=UTC))
    assert schedule.last(noon + 20) == noon - 5  # not 15: Nakama takes the minute before
    assert schedule.last(noon + 21) == noon + 20
    assert schedule.last(noon + 57) == noon + 55


def test_a_leading_zero_makes_another_month_and_weekday() -> None:
    # As in Nakama: month 0 is December of the year before, and every such weekday is Sunday.
    june = _seconds(datetime(2026, 6, 1, tzinfo=UTC))
    assert parse_schedule("0 0 1 03 *").next(june) == _seconds(datetime(2026, 12, 1, tzinfo=UTC))
    assert parse_schedule("0 0 * * 03").next(june) == _seconds(datetime(2026, 6, 7, tzinfo=UTC))


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "* * * *",
        "60 * * * *",
        "* * 0 * *",
        "*/0 * * * *",
        "@midnight",
        "5L * * * *",
        ", * * * *",
        "* * * * 1#6",
        "x,* * * * *",
        "* * * * * 1969",
        "*/60 * * * *",
        "* * * * */7",
    ],
)
def test_parse_schedule_refuses(expression: str) -> None:
    with pytest.raises(BadSchedule):
        parse_schedule(expression)


def test_what_stands_behind_a_wildcard_does_not_count() -> None:
    assert parse_schedule("*,x * * * *") == parse_schedule("* * * * *")


@pytest.mark.parametrize("expression", ["10-5 * * * *", "* 5-1 * * *", "* * * 5-1 *"])
def test_a_range_that_runs_backwards_crashes(expression: str) -> None:
    schedule = parse_schedule(expression)
    for find in (schedule.next, schedule.last):
        with pytest.raises(ScheduleCrash, match=r"index out of range \[0\] with length 0"):
            find(0)


def test_next_two_crashes_where_there_is_one() -> None:
    schedule = parse_schedule("0 0 1 1 * 2099")
    with pytest.raises(ScheduleCrash, match=r"\[1\] with length 1"):
        schedule.next_two(0)


@pytest.mark.parametrize("far", [2**62, -(2**62)])
def test_times_beyond_every_year_have_matches_on_one_side_only(far: int) -> None:
    schedule = parse_schedule("0 0 1 1 *")
    first = _seconds(datetime(1970, 1, 1, tzinfo=UTC))
    last = _seconds(datetime(2099, 1, 1, tzinfo=UTC))
    assert (schedule.last(far), schedule.next(far)) == (
        (last, NEVER) if far > 0 else (NEVER, first)
    )


def test_a_schedule_at_the_end_of_time_has_no_next_and_no_last_time() -> None:
    schedule = parse_schedule("* * * * *")
    assert schedule.next(NEVER) == schedule.last(NEVER) == NEVER
