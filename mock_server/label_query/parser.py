"""From the text of a query to its clauses."""

from __future__ import annotations

import math

from mock_server.label_query.errors import InvalidQuery
from mock_server.label_query.lexer import QueryToken, Sign, tokens
from mock_server.label_query.query import (
    Clause,
    Condition,
    Fuzzy,
    Nothing,
    Number,
    NumberRange,
    Occurrence,
    Pattern,
    Query,
    Term,
    TimeRange,
)
from mock_server.label_query.times import parse_rfc3339
from mock_server.wire.errors import DecodeError
from mock_server.wire.strconv import parse_float

_OCCURRENCES = {Sign.PLUS: Occurrence.REQUIRED, Sign.MINUS: Occurrence.EXCLUDED}


MAX_LENGTH = 50_000
"""How many characters a query may have: over gRPC it could have a quarter of a million."""


def parse(text: str) -> Query:
    """Parse a query; see `parse_query`.

    Raises:
        InvalidQuery: It can't be parsed, or is longer than `MAX_LENGTH`.
    """
    if text == "*":
        return Query((), finds_all=True)
    if len(text) > MAX_LENGTH:
        raise InvalidQuery(f"query longer than {MAX_LENGTH} characters")
    return Query(tuple(_Parser(text).clauses()) if text else ())


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._peeked: QueryToken | None = None

    def clauses(self) -> list[Clause]:
        clauses = [self._clause()]
        while not self._next_is(Sign.END):
            clauses.append(self._clause())
        return clauses

    def _clause(self) -> Clause:
        occurrence = Occurrence.OPTIONAL
        for sign, meaning in _OCCURRENCES.items():
            if self._next_is(sign):
                self._take()
                occurrence = meaning
                break
        condition = self._condition()
        boost = 1.0
        if self._next_is(Sign.BOOST):
            boost = _number(self._take().text, "invalid boost value")
        return Clause(occurrence, condition, boost)

    def _condition(self) -> Condition:
        token = self._take()
        if token.sign is Sign.WORD:
            if self._next_is(Sign.COLON):
                self._take()
                return self._value(token.text)
            return self._text("", token.text)
        if token.sign is Sign.NUMBER:
            return _number_term("", token.text)
        if token.sign is Sign.PHRASE:
            return Nothing()
        raise InvalidQuery("syntax error")

    def _value(self, field: str) -> Condition:
        token = self._take()
        if token.sign is Sign.WORD:
            return self._text(field, token.text)
        if token.sign is Sign.PHRASE:
            return Nothing()
        if token.sign in (Sign.GREATER, Sign.LESS):
            return self._range(field, is_greater=token.sign is Sign.GREATER)
        return _number_term(field, self._signed(token))

    def _text(self, field: str, text: str) -> Condition:
        if self._next_is(Sign.FUZZY):
            fuzziness = _number(self._take().text, "invalid fuzziness value")
            if not math.isfinite(fuzziness):
                fuzziness = -1
            return Fuzzy(field, text, int(fuzziness)) if int(fuzziness) else Term(field, text)
        if text.startswith("/") and text.endswith("/"):
            if text == "/":
                raise InvalidQuery("parse error: runtime error: slice bounds out of range [1:0]")
            return Pattern.expression(field, text[1:-1])
        if "*" in text or "?" in text:
            return Pattern.wildcard(field, text)
        return Term(field, text)

    def _range(self, field: str, *, is_greater: bool) -> Condition:
        token = self._take()
        is_inclusive = token.sign is Sign.EQUAL
        if is_inclusive:
            token = self._take()
        if token.sign is Sign.PHRASE:
            try:
                time_ns = parse_rfc3339(token.text)
            except ValueError as error:
                raise InvalidQuery(f"parse error: invalid time: {error}") from None
            return TimeRange(field, time_ns, is_greater=is_greater, is_inclusive=is_inclusive)
        bound = _number(self._signed(token), "error parsing number")
        return NumberRange(field, bound, is_greater=is_greater, is_inclusive=is_inclusive)

    def _signed(self, token: QueryToken) -> str:
        sign = ""
        if token.sign is Sign.MINUS:
            sign, token = "-", self._take()
        if token.sign is not Sign.NUMBER:
            raise InvalidQuery("syntax error")
        return sign + token.text

    def _take(self) -> QueryToken:
        token = self._peek()
        self._peeked = None
        return token

    def _next_is(self, sign: Sign) -> bool:
        return self._peek().sign is sign

    def _peek(self) -> QueryToken:
        if self._peeked is None:
            self._peeked = next(self._tokens)
        return self._peeked


def _number_term(field: str, text: str) -> Condition:
    return Number(field, text, _number(text, "error parsing number"))


def _number(text: str, refusal: str) -> float:
    try:
        return parse_float(text)
    except DecodeError as error:
        raise InvalidQuery(f"parse error: {refusal}: {error}") from None
