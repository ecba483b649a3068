"""What the callbacks of match handlers have to return, and Nakama's words when they do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mock_server.runtime.arguments import lua_type, to_bytes
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.match_handler import (
    MAX_LABEL_BYTES,
    MAX_TICK_RATE,
    MIN_TICK_RATE,
    JoinDecision,
    MatchSetup,
)


def setup_of(values: Sequence[Any]) -> tuple[Any, MatchSetup]:
    """The state and what else `match_init` returned; values are counted from the last one.

    Raises:
        ModuleError: It is not a state, a tick rate and a label.
    """
    given = list(values)
    label = given.pop() if given else None
    if lua_type(label) != "string":
        raise ModuleError("match_init returned unexpected third value, must be a label string")
    if len(to_bytes(str(label))) > MAX_LABEL_BYTES:
        raise ModuleError(
            f"match_init returned invalid label, must be {MAX_LABEL_BYTES} bytes or less"
        )
    rate = given.pop() if given else None
    if lua_type(rate) != "number":
        raise ModuleError("match_init returned unexpected second value, must be a tick rate number")
    if rate is None or not MIN_TICK_RATE <= int(rate) <= MAX_TICK_RATE:
        raise ModuleError(
            "match_init returned invalid tick rate, must be between "
            f"{MIN_TICK_RATE} and {MAX_TICK_RATE}"
        )
    if not given:
        raise ModuleError("match_init returned unexpected first value, must be a state")
    state = given.pop()
    if state is None:
        raise ModuleError("Match initial state must not be nil")
    if given:
        raise ModuleError(
            "match_init returned too many arguments, must be: state, tick rate number, label string"
        )
    return state, MatchSetup(int(rate), str(label))


def decision_of(values: Sequence[Any]) -> tuple[Any, JoinDecision]:
    """The state, None to end the match, and the decision of `match_join_attempt`.

    Raises:
        ModuleError: It is not a state, a boolean and, if wanted, a reason.
    """
    given = list(values)
    expected = "expected: state, join result boolean, optional reject reason string"
    if not given:
        raise ModuleError(
            f"Match join attempt returned too few values, stopping match - {expected}"
        )
    is_allowed, reason = given.pop(), ""
    if isinstance(is_allowed, str):
        reason = is_allowed
        if not given:
            raise ModuleError(
                "Match join attempt returned incorrect or too few values, "
                f"stopping match - {expected}"
            )
        is_allowed = given.pop()
        if not isinstance(is_allowed, bool):
            raise ModuleError("Match join attempt returned non-boolean join result, stopping match")
    if not isinstance(is_allowed, bool):
        raise ModuleError(
            "Match join attempt returned non-boolean join result or non-string reject reason, "
            "stopping match"
        )
    return _state("Match join attempt", given), JoinDecision(is_allowed, reason)


def state_of(callback: str, values: Sequence[Any]) -> Any:
    """The state that a callback returned, None to end the match.

    Args:
        callback: The callback, as `match_loop`.
        values: What it returned.

    Raises:
        ModuleError: It is more than the state.
    """
    return _state(callback.replace("_", " ").capitalize(), list(values))


def answer_of(values: Sequence[Any]) -> tuple[Any, str]:
    """The state, None to end the match, and the answer of `match_signal`.

    Raises:
        ModuleError: It is not a state and a text or nothing.
    """
    given = list(values)
    is_text = bool(given) and (given[-1] is None or isinstance(given[-1], str))
    if not is_text:
        raise ModuleError("Match signal returned non-string result, stopping match")
    text = given.pop()
    return _state("Match signal", given), text or ""


def _state(title: str, given: list[Any]) -> Any:
    state = given.pop() if given else None
    if state is not None and given:
        raise ModuleError(f"{title} returned too many values, stopping match")
    return state
