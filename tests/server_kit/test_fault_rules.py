"""Rules of faults: which calls they apply to, when, and for whom."""

import asyncio
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_kit import Clock, Fault, Faults, Journal
from server_kit.faults import FaultKind, Point


def new_faults(socket_path: str | None = "/ws", prefix: str = "") -> Faults:
    return Faults(Journal(), Clock(), socket_path=socket_path, prefix=prefix)


def kinds(faults: Faults, *names: str, point: Point = Point.HTTP) -> list[FaultKind | None]:
    return [faults.decide(point, name).kind for name in names]


@pytest.mark.parametrize(
    ("route", "name", "fits"),
    [
        ("GET /v2/notification", "GET /v2/notification", True),
        ("get /v2/notification", "GET /v2/notification", True),
        ("GET /v2/notification", "DELETE /v2/notification", False),
        ("GET /v2/notification", "GET /v2/notifications", False),
        ("/v2/notification", "DELETE /v2/notification", True),
        ("* /v2/notification", "DELETE /v2/notification", True),
        ("GET /v2/group/{id}/user", "GET /v2/group/1/user", True),
        ("GET /v2/group/{id}/user", "GET /v2/group/1/2/user", False),
        ("GET /v2/group/{id}", "GET /v2/group/", False),
        ("POST /v2/account/*", "POST /v2/account/authenticate/device", True),
        ("POST /v2/account*", "POST /v2/account", True),
        ("*", "PATCH /anything", True),
        ("GET /v2/a.b", "GET /v2/axb", False),
        (None, "GET /anything", True),
    ],
)
def test_a_route_names_requests(route: str | None, name: str, fits: bool) -> None:
    faults = new_faults()
    faults.add(Fault.reset(), route)
    assert kinds(faults, name) == [FaultKind.RESET if fits else None]


PATTERNS = st.lists(st.sampled_from(["a", "b", "{x}", ""]), max_size=4).map("/".join)
PATHS = st.text("ab/", max_size=8)


@given(pattern=PATTERNS, has_rest=st.booleans(), path=PATHS)
def test_a_route_matches_a_path_as_its_regular_expression_does(
    pattern: str, has_rest: bool, path: str
) -> None:
    faults = new_faults()
    faults.add(Fault.reset(), f"GET /{pattern}{'*' if has_rest else ''}")
    regex = f"/{pattern}".replace("{x}", "[^/]+") + (".*" if has_rest else "")
    fits = re.fullmatch(regex, f"/{path}") is not None
    assert kinds(faults, f"GET /{path}") == [FaultKind.RESET if fits else None]


@pytest.mark.parametrize("rule", ["GET /notifications/{id}", "GET /api/v1/notifications/{id}"])
def test_a_prefix_need_not_be_named(rule: str) -> None:
    faults = new_faults(socket_path=None, prefix="/api/v1")
    faults.add(Fault.reset(), rule)
    names = ("GET /notifications/1", "GET /api/v1/notifications/1", "GET /api/notifications/1")
    assert kinds(faults, *names) == [FaultKind.RESET, FaultKind.RESET, None]


@pytest.mark.parametrize(
    ("route", "point", "name", "fits"),
    [
        ("in rpc", Point.IN, "rpc", True),
        ("in rpc", Point.IN, "ping", False),
        ("in rpc", Point.OUT, "rpc", False),
        ("out *", Point.OUT, "notifications", True),
        ("out *", Point.IN, "rpc", False),
        ("open", Point.OPEN, "", True),
        ("open", Point.OUT, "", False),
        ("GET /ws", Point.HANDSHAKE, "GET /ws", True),
        ("GET /ws", Point.HTTP, "GET /ws", False),
        ("GET /v2/*", Point.HANDSHAKE, "GET /ws", False),
        ("/*", Point.HANDSHAKE, "GET /ws", True),
        ("/*", Point.HTTP, "GET /v2/account", True),
        (None, Point.OPEN, "", True),
    ],
)
def test_a_route_names_a_socket_and_its_frames(
    route: str | None, point: Point, name: str, fits: bool
) -> None:
    faults = new_faults()
    faults.add(Fault.reset(), route)
    assert kinds(faults, name, point=point) == [FaultKind.RESET if fits else None]


@pytest.mark.parametrize(
    ("fault", "route", "words"),
    [
        (Fault.status(503), "in rpc", "status cannot happen to `in rpc`"),
        (Fault.status(503), "open", "status cannot happen to"),
        (Fault.close(), "GET /v2/account", "close cannot happen to"),
        (Fault.truncated(), "GET /ws", "truncated cannot happen to"),
        (Fault.frame("{}"), "in rpc", "frame cannot happen to"),
        (Fault.reset(), "notifications", "cannot read the route 'notifications'"),
        (Fault.reset(), "GET notification", "cannot read the route"),
        (Fault.reset(), "", "cannot read the route"),
        (Fault.reset(), "GET /" + "{a}" * 14, "braces stand for a whole part"),
        (Fault.reset(), "GET /v2/{id}.json", "braces stand for a whole part"),
        (Fault.reset(), "GET /v2/{id", "braces stand for a whole part"),
    ],
)
def test_a_route_that_makes_no_sense_is_refused(fault: Fault, route: str, words: str) -> None:
    faults = new_faults()
    with pytest.raises(ValueError, match=words):
        faults.add(fault, route)
    assert len(faults) == 0


@pytest.mark.parametrize(
    ("fault", "route"),
    [(Fault.close(), None), (Fault.reset(), "open"), (Fault.expired_token(), None)],
)
def test_a_server_without_sockets_refuses_what_needs_them(fault: Fault, route: str | None) -> None:
    with pytest.raises(ValueError, match="cannot happen to"):
        new_faults(socket_path=None).add(fault, route)
    with pytest.raises(ValueError, match="no users"):
        new_faults(socket_path=None).add(Fault.reset(), user="ada")


def test_selectors_out_of_range_are_refused() -> None:
    faults = new_faults()
    with pytest.raises(ValueError, match="after"):
        faults.add(Fault.reset(), after=-1)
    with pytest.raises(ValueError, match="times"):
        faults.add(Fault.reset(), times=0)
    with pytest.raises(ValueError, match="probability"):
        faults.add(Fault.reset(), probability=1.1)
    assert len(faults) == 0


def test_arguments_out_of_range_are_refused() -> None:
    for make in (
        lambda: Fault.latency(-1),
        lambda: Fault.latency(float("nan")),
        lambda: Fault.bandwidth(0),
        lambda: Fault.status(101),
        lambda: Fault.status(600),
        lambda: Fault.close(1006),
        lambda: Fault.close(999),
        lambda: Fault.close(reason="x" * 124),
        lambda: Fault.garbage(0),
        lambda: Fault.reorder(0),
    ):
        with pytest.raises(ValueError, match=r"."):
            make()


def test_a_rule_may_be_for_one_user() -> None:
    faults = new_faults()
    faults.add(Fault.reset(), user="ada")
    assert faults.decide(Point.HTTP, "GET /", "ada").kind is FaultKind.RESET
    assert faults.decide(Point.HTTP, "GET /", "bob").kind is None
    assert faults.decide(Point.HTTP, "GET /").kind is None


def test_expired_token_happens_to_calls_with_a_user_only() -> None:
    faults = new_faults()
    rule = faults.add(Fault.expired_token())
    assert faults.decide(Point.HTTP, "POST /login").kind is None
    assert faults.decide(Point.HTTP, "GET /", "ada").kind is FaultKind.EXPIRED_TOKEN
    assert (rule.calls, rule.hits) == (1, 1)


@given(after=st.integers(0, 5), times=st.none() | st.integers(1, 5), calls=st.integers(0, 15))
def test_after_and_times_count_calls(after: int, times: int | None, calls: int) -> None:
    faults = new_faults()
    rule = faults.add(Fault.reset(), after=after, times=times)
    hit = [kind is FaultKind.RESET for kind in kinds(faults, *["GET /"] * calls)]
    end = calls if times is None else after + times
    assert hit == [after <= call < end for call in range(calls)]
    assert rule.hits == sum(hit)


@given(seed=st.integers(), probability=st.floats(0, 1))
def test_the_same_seed_chooses_the_same_calls(seed: int, probability: float) -> None:
    def run(faults: Faults) -> list[Any]:
        faults.add(Fault.reset(), "GET /", probability=probability)
        faults.add(Fault.latency(1.0, jitter=0.5), probability=0.5)
        faults.seed(seed)
        return [(each.kind, each.delay) for each in (decide(faults) for _ in range(30))]

    def decide(faults: Faults) -> Any:
        return faults.decide(Point.HTTP, "GET /")

    faults = new_faults()
    first = run(faults)
    faults.clear()
    assert run(faults) == first == run(new_faults())


def test_probability_is_the_share_of_calls_with_the_fault() -> None:
    faults = new_faults()
    rule = faults.add(Fault.reset(), probability=0.1)
    faults.seed(7)
    kinds(faults, *["GET /"] * 10_000)
    assert 900 < rule.hits < 1100


def test_another_rule_does_not_change_what_a_rule_draws() -> None:
    def run(*, crowded: bool) -> list[FaultKind | None]:
        faults = new_faults()
        faults.add(Fault.reset(), "GET /a", probability=0.5)
        if crowded:
            faults.add(Fault.drop_reply(), "GET /b", probability=0.5)
            kinds(faults, *["GET /b"] * 7)
        return kinds(faults, *["GET /a"] * 20)

    assert run(crowded=True) == run(crowded=False)


def test_rules_with_times_happen_one_after_another() -> None:
    faults = new_faults()
    faults.add(Fault.status(503), times=2)
    faults.add(Fault.reset(), times=1)
    expected = [FaultKind.STATUS, FaultKind.STATUS, FaultKind.RESET, None]
    assert kinds(faults, *["GET /"] * 4) == expected


def test_latency_adds_up_and_comes_on_top() -> None:
    faults = new_faults()
    faults.add(Fault.latency(1.0))
    faults.add(Fault.reset())
    faults.add(Fault.latency(0.5))
    decision = faults.decide(Point.HTTP, "GET /")
    assert (decision.delay, decision.kind) == (1.5, FaultKind.RESET)


@given(seconds=st.floats(0, 10), jitter=st.floats(0, 10), seed=st.integers())
def test_jitter_stays_within_its_bounds(seconds: float, jitter: float, seed: int) -> None:
    faults = new_faults()
    faults.seed(seed)
    faults.add(Fault.latency(seconds, jitter=jitter))
    delay = faults.decide(Point.HTTP, "GET /").delay
    assert max(0.0, seconds - jitter) <= delay <= seconds + jitter


def test_a_removed_or_cleared_rule_causes_no_fault() -> None:
    faults = new_faults()
    rule = faults.add(Fault.reset())
    rule.remove()
    rule.remove()
    faults.add(Fault.drop_reply())
    faults.clear()
    assert kinds(faults, "GET /") == [None]
    assert list(faults) == []


def test_each_fault_that_happens_is_in_the_journal() -> None:
    journal = Journal()
    faults = Faults(journal, Clock(), socket_path="/ws")
    faults.add(Fault.reset(), "in rpc")
    faults.decide(Point.IN, "rpc", "ada")
    (entry,) = journal
    assert (entry.kind, entry.name, entry.user_id) == ("fault", "reset on in rpc", "ada")


@pytest.mark.asyncio
async def test_wait_for_hits_returns_once_the_fault_happened_so_often() -> None:
    faults = new_faults()
    rule = faults.add(Fault.reset(), "GET /a", after=1)
    waiting = asyncio.create_task(rule.wait_for_hits(2))
    kinds(faults, "GET /a", "GET /a")
    assert not waiting.done()
    kinds(faults, "GET /a")
    await waiting
    with pytest.raises(TimeoutError, match=r"reset\(\) on GET /a happened 2 times .* 3 calls"):
        await rule.wait_for_hits(3, timeout=0)
