"""Who receives: whatever the order of the devices, and never the excluded."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from onesignal_stub.audience import (
    DEFAULT_SEGMENTS,
    PLATFORM_FLAGS,
    BySegments,
    Channel,
    RecipientIds,
    SegmentSet,
    Target,
    select,
)
from onesignal_stub.filters import FilterSubject
from tests.inner_loop import examples

NOW = 1_700_000_000.0
DAY = 86_400.0
OWN = {
    "A": [{"field": "tag", "key": "a", "relation": "exists"}],
    "B": [{"field": "tag", "key": "b", "relation": "exists"}],
    "Many": [{"field": "session_count", "relation": ">", "value": "2"}],
}
SEGMENTS = SegmentSet({**DEFAULT_SEGMENTS, **OWN})
UNHURRIED = settings(deadline=None, max_examples=examples(60))
NAMES = st.sampled_from([*OWN, "All", "Subscribed Users", "Active Users", "nothing", "all"])


@st.composite
def devices(draw: st.DrawFn) -> list[FilterSubject]:
    return [
        FilterSubject(
            number=number,
            id=f"id {number}",
            onesignal_id=f"user {number}",
            device_type=draw(st.sampled_from([0, 1, 5, 11, 14])),
            subscribed=draw(st.booleans()),
            tags=draw(st.dictionaries(st.sampled_from("ab"), st.just("1"))),
            session_count=draw(st.integers(1, 4)),
            last_session=NOW - draw(st.integers(0, 14)) * DAY,
        )
        for number in range(draw(st.integers(0, 8)))
    ]


@st.composite
def targets(draw: st.DrawFn) -> Target:
    channel: Channel = draw(st.sampled_from(["push", "email", "sms"]))
    return Target(
        targeting=BySegments(tuple(draw(st.lists(NAMES, min_size=1, max_size=3)))),
        excluded=tuple(draw(st.lists(NAMES, max_size=2))),
        channel=channel,
        platforms=draw(st.none() | st.sampled_from(list(PLATFORM_FLAGS.values()))),
    )


@UNHURRIED
@given(devices(), targets(), st.randoms(use_true_random=False))
def test_the_order_of_devices_does_not_matter(
    given_devices: list[FilterSubject], target: Target, chance: random.Random
) -> None:
    shuffled = [*given_devices, *given_devices[:3]]
    chance.shuffle(shuffled)
    first = select(given_devices, target, segments=SEGMENTS, now=NOW)
    assert select(shuffled, target, segments=SEGMENTS, now=NOW) == first


@UNHURRIED
@given(devices(), targets())
def test_who_is_excluded_receives_nothing(
    given_devices: list[FilterSubject], target: Target
) -> None:
    excluded = SEGMENTS.matcher(target.excluded)
    found = select(given_devices, target, segments=SEGMENTS, now=NOW)
    assert not any(excluded(device, NOW) for device in found.recipients)


@UNHURRIED
@given(devices(), targets())
def test_recipients_are_subscribed_and_on_the_channel(
    given_devices: list[FilterSubject], target: Target
) -> None:
    types = {"push": {0, 1, 5}, "email": {11}, "sms": {14}}[target.channel]
    if target.platforms is not None and target.channel == "push":
        types &= target.platforms
    found = select(given_devices, target, segments=SEGMENTS, now=NOW)
    assert all(device.subscribed and device.device_type in types for device in found.recipients)
    assert not any(device.subscribed for device in found.unsubscribed)


@UNHURRIED
@given(devices(), targets())
def test_each_targeted_device_receives_or_has_a_reason_not_to(
    given_devices: list[FilterSubject], target: Target
) -> None:
    unlimited = Target(targeting=target.targeting, channel=target.channel)
    targeted = select(given_devices, unlimited, segments=SEGMENTS, now=NOW)
    found = select(given_devices, target, segments=SEGMENTS, now=NOW)
    numbers = [device.number for device in (*found.recipients, *found.unsubscribed)]
    numbers += [each.device.number for each in found.left_out]
    assert sorted(numbers) == sorted(
        device.number for device in (*targeted.recipients, *targeted.unsubscribed)
    )
    for each in found.left_out:
        if each.segment is None:
            assert target.platforms is not None
            assert each.device.device_type not in target.platforms
        else:
            assert each.segment in target.excluded
            assert SEGMENTS.matcher([each.segment])(each.device, NOW)


@UNHURRIED
@given(devices(), st.lists(NAMES, min_size=1, max_size=3))
def test_several_segments_are_their_union(
    given_devices: list[FilterSubject], names: list[str]
) -> None:
    def members(*included: str) -> set[int]:
        target = Target(targeting=BySegments(included))
        found = select(given_devices, target, segments=SEGMENTS, now=NOW)
        return {device.number for device in found.recipients}

    assert members(*names) == set().union(*(members(name) for name in names))


def test_the_default_segments_under_all_their_names() -> None:
    def device(number: int, *, days: float, sessions: int, is_test: bool = False) -> FilterSubject:
        return FilterSubject(
            number=number,
            id=str(number),
            onesignal_id=str(number),
            device_type=0,
            session_count=sessions,
            last_session=NOW - days * DAY,
            is_test=is_test,
        )

    everyone = [
        device(1, days=6.9, sessions=4),
        device(2, days=7.1, sessions=9),
        device(3, days=0, sessions=5, is_test=True),
    ]

    def members(name: str) -> list[int]:
        target = Target(targeting=BySegments((name,)))
        found = select(everyone, target, segments=SEGMENTS, now=NOW)
        return [device.number for device in found.recipients]

    for name in ("All", "Subscribed Users", "Total Subscriptions"):
        assert members(name) == [1, 2, 3]
    for name in ("Active Users", "Active Subscriptions"):
        assert members(name) == [1, 3]
    for name in ("Inactive Users", "Inactive Subscriptions"):
        assert members(name) == [2]
    for name in ("Engaged Users", "Engaged Subscriptions"):
        assert members(name) == [3]
    assert members("Test Users") == [3]
    for name in ("all", "All Users", "Banned"):
        assert members(name) == []


def test_names_reach_who_was_looked_up() -> None:
    found = select(
        [FilterSubject(number=1, id="a", onesignal_id="a", device_type=0)],
        Target(targeting=RecipientIds()),
        segments=SEGMENTS,
        now=NOW,
    )
    assert [device.id for device in found.recipients] == ["a"]
