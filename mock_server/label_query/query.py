"""Queries: which documents they find, and how well these fit."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from enum import Enum
from typing import Protocol, Self, TypeVar

import re2
from attrs import field, frozen

from mock_server.label_query.document import Document, number_ordinal
from mock_server.label_query.edits import edit_distance
from mock_server.label_query.errors import SearchError
from mock_server.label_query.patterns import PatternError, compile_regexp, encoded, wildcard_regexp
from mock_server.label_query.ranges import LEAST, MOST, count_in_range

_MAX_FUZZINESS = 2
_FIRST_TIME_NS, _LAST_TIME_NS = -(1 << 63), (1 << 63) - 1
_ZERO_TIME_NS = -62_135_596_800_000_000_000
"""Go's zero time, the start of the year 1: as a bound it is none."""

Item = TypeVar("Item")


class Occurrence(Enum):
    """Whether a document has to match a clause."""

    REQUIRED = "+"
    EXCLUDED = "-"
    OPTIONAL = ""


class Condition(Protocol):
    """What a clause asks of a document."""

    @property
    def refusal(self) -> str:
        """Why it can't be searched for; empty when it can."""
        ...

    def score(self, document: Document, boost: float) -> float | None:
        """How well a document fits, or None when it does not."""
        ...


@frozen
class Nothing:
    """A quoted phrase: the fields keep no positions, so nothing matches one."""

    refusal: str = ""

    def score(self, document: Document, boost: float) -> float | None:
        """Nothing fits."""
        return None


@frozen
class Term:
    """A field has exactly this text."""

    path: str
    text: str
    refusal: str = ""

    def score(self, document: Document, boost: float) -> float | None:
        """The boost counts twice, as in Nakama."""
        return boost * boost if self.text in document.field(self.path).texts else None


@frozen
class Number:
    """A field has this number, or the text of the same spelling."""

    path: str
    text: str
    number: float
    refusal: str = ""

    def score(self, document: Document, boost: float) -> float | None:
        """Both count."""
        values = document.field(self.path)
        count = (self.text in values.texts) + (number_ordinal(self.number) in values.ordinals)
        return boost * count if count else None


@frozen
class NumberRange:
    """A field has a number above or below a bound."""

    path: str
    bound: float
    is_greater: bool
    is_inclusive: bool
    refusal: str = ""

    def score(self, document: Document, boost: float) -> float | None:
        """Each number in the range counts."""
        count = _count(
            document.field(self.path).ordinals,
            number_ordinal(self.bound),
            is_greater=self.is_greater,
            is_inclusive=self.is_inclusive,
        )
        return boost * count if count else None


@frozen
class TimeRange:
    """A field has a time after or before a bound."""

    path: str
    bound_ns: int
    is_greater: bool
    is_inclusive: bool

    @property
    def refusal(self) -> str:
        """Times have to be within the years 1678 to 2262."""
        if self.bound_ns == _ZERO_TIME_NS or _FIRST_TIME_NS <= self.bound_ns <= _LAST_TIME_NS:
            return ""
        return f"invalid/unsupported date range, {'start' if self.is_greater else 'end'}"

    def validate(self) -> None:
        """Check it without a search, which would take Go's zero time for no bound.

        Raises:
            SearchError: One can't search with it.
        """
        if self.bound_ns == _ZERO_TIME_NS:
            raise SearchError("must specify start or end")
        if self.refusal:
            raise SearchError(self.refusal)

    def score(self, document: Document, boost: float) -> float | None:
        """Each time in the range counts, whatever the boost."""
        is_bounded = self.bound_ns != _ZERO_TIME_NS
        count = _count(
            document.field(self.path).ordinals,
            self.bound_ns if is_bounded else LEAST if self.is_greater else MOST,
            is_greater=self.is_greater,
            is_inclusive=self.is_inclusive or not is_bounded,
        )
        return float(count) if count else None


@frozen
class Fuzzy:
    """A field has a text that takes at most `edits` edits to become this one."""

    path: str
    text: str
    edits: int

    @property
    def refusal(self) -> str:
        """0 to 2 edits are possible."""
        if self.edits < 0:
            return "invalid fuzziness, negative"
        return "" if self.edits <= _MAX_FUZZINESS else f"fuzziness exceeds max ({_MAX_FUZZINESS})"

    def score(self, document: Document, boost: float) -> float | None:
        """The fewer edits for the length, the better."""
        scores = []
        for term in document.field(self.path).terms:
            distance = edit_distance(self.text, term, self.edits)
            if distance is not None:
                length = min(len(self.text), len(term))
                scores.append(1 - distance / length if length else -math.inf)
        return boost * boost * sum(scores) if scores else None


@frozen
class Pattern:
    """A field has a text that a wildcard or a regular expression matches as a whole."""

    path: str
    regexp: re2._Regexp | None = field(repr=False)
    refusal: str = ""

    @classmethod
    def wildcard(cls, path: str, text: str) -> Self:
        """`*` is any text, `?` any character, also when escaped."""
        return cls._compiled(path, wildcard_regexp(text))

    @classmethod
    def expression(cls, path: str, regexp: str) -> Self:
        """A regular expression of RE2, without its slashes."""
        return cls._compiled(path, regexp)

    @classmethod
    def _compiled(cls, path: str, regexp: str) -> Self:
        try:
            return cls(path, compile_regexp(regexp))
        except PatternError as error:
            return cls(path, None, str(error))

    def score(self, document: Document, boost: float) -> float | None:
        """Each matching term of the index counts; a number has several."""
        if self.regexp is None:
            return None
        terms = document.field(self.path).terms
        count = sum(self.regexp.fullmatch(encoded(term)) is not None for term in terms)
        return boost * count if count else None


@frozen
class Clause:
    """One condition of a query."""

    occurrence: Occurrence
    condition: Condition
    boost: float = 1.0


@frozen
class Query:
    """A parsed query.

    Attributes:
        clauses: What it asks for; without any, nothing is found.
        finds_all: Everything is found.
    """

    clauses: tuple[Clause, ...]
    finds_all: bool = False

    def check(self) -> None:
        """Check that one can search with it.

        Raises:
            SearchError: One can't.
        """
        for occurrence in (Occurrence.EXCLUDED, Occurrence.REQUIRED, Occurrence.OPTIONAL):
            for clause in self.clauses:
                if clause.occurrence is occurrence and clause.condition.refusal:
                    raise SearchError(clause.condition.refusal)

    def validate(self) -> None:
        """Check as far as Nakama does without a search: times, but neither patterns nor fuzziness.

        Raises:
            SearchError: One can't search with it.
        """
        for clause in self.clauses:
            if isinstance(clause.condition, TimeRange):
                clause.condition.validate()

    def score(self, document: Document) -> float | None:
        """How well a document fits, or None when it does not; see `check`."""
        if self.finds_all:
            return 1.0
        total: float | None = None
        for clause in self.clauses:
            score = clause.condition.score(document, clause.boost)
            if clause.occurrence is Occurrence.EXCLUDED:
                if score is not None:
                    return None
            elif score is not None:
                total = score + (total or 0.0)
            elif clause.occurrence is Occurrence.REQUIRED:
                return None
        return 1.0 if total is None and self._only_excludes() else total

    def search(self, items: Iterable[tuple[Document, Item]]) -> list[tuple[float, Item]]:
        """What is found, with its score, in the order it comes.

        Raises:
            SearchError: One can't search with this query.
        """
        self.check()
        found = []
        for document, item in items:
            score = self.score(document)
            if score is not None:
                found.append((score, item))
        return found

    def _only_excludes(self) -> bool:
        occurrences = {clause.occurrence for clause in self.clauses}
        return occurrences == {Occurrence.EXCLUDED}


def _count(ordinals: Collection[int], bound: int, *, is_greater: bool, is_inclusive: bool) -> int:
    if is_greater:
        return count_in_range(ordinals, bound if is_inclusive else bound + 1, MOST)
    return count_in_range(ordinals, LEAST, bound if is_inclusive else bound - 1)
