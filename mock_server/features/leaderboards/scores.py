"""Combines a new score with the stored one. Pure."""

from __future__ import annotations

from attrs import frozen

from mock_server.features.leaderboards.board import Operator

_LARGEST = (1 << 63) - 1


class BadScore(ValueError):
    """A score that the database refuses; the text is PostgreSQL's."""


class BadOperator(ValueError):
    """A number that is no operator; the text is Nakama's."""


@frozen
class Score:
    """A score and what decides among equal ones, as 64-bit integers."""

    score: int
    subscore: int


def first_score(operator: Operator, sent: Score) -> Score:
    """The score of a new record.

    Raises:
        BadScore: It is negative.
    """
    new = Score(0, 0) if operator is Operator.DECREMENT else sent
    return _checked(new)


def merged_score(operator: Operator, stored: Score, sent: Score, *, is_ascending: bool) -> Score:
    """The score of a record after another one was sent; each number counts for itself.

    Raises:
        BadScore: It is negative, or beyond 64 bits.
    """
    if operator is Operator.SET:
        return _checked(sent)
    if operator is Operator.INCREMENT:
        return _checked(Score(stored.score + sent.score, stored.subscore + sent.subscore))
    if operator is Operator.DECREMENT:
        score, subscore = stored.score - sent.score, stored.subscore - sent.subscore
        return _checked(Score(max(score, 0), max(subscore, 0)))
    best = min if is_ascending else max
    return _checked(Score(best(stored.score, sent.score), best(stored.subscore, sent.subscore)))


def is_written(operator: Operator, stored: Score, sent: Score, *, is_ascending: bool) -> bool:
    """Tell whether a leaderboard writes at all; where it does not, the record stays as it is."""
    if operator in (Operator.INCREMENT, Operator.DECREMENT):
        return sent != Score(0, 0)
    if operator is Operator.SET:
        return sent != stored
    if is_ascending:
        return sent.score < stored.score or sent.subscore < stored.subscore
    return sent.score > stored.score or sent.subscore > stored.subscore


def _checked(score: Score) -> Score:
    for name, value in (("score", score.score), ("subscore", score.subscore)):
        if value > _LARGEST:
            raise BadScore("ERROR: bigint out of range (SQLSTATE 22003)")
        if value < 0:
            raise BadScore(
                'ERROR: new row for relation "leaderboard_record" violates check constraint '
                f'"leaderboard_record_{name}_check" (SQLSTATE 23514)'
            )
    return score


def effective_operator(own: Operator, override: int) -> Operator:
    """The operator of one write: the board's own, unless another one is asked for.

    Raises:
        BadOperator: The number is no operator.
    """
    try:
        return Operator(override) or own
    except ValueError:
        raise BadOperator("invalid operator") from None
