"""The query language against a model that knows nothing of its text."""

from __future__ import annotations

from typing import Any

from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from mock_server.label_query import Document, InvalidQuery, parse_query

RESERVED = '+-=&|><!(){}[]^"~*?:\\/ '
FIELDS = ("one", "two", "three")
TEXTS = ("x", "x y", "a:b", "T", "a^b~c", 'say "hi"', "back\\slash", "-dash", "+plus", "é")
NUMBERS = (-5, 0, 1, 2.5, 42)
VALUES = st.sampled_from((*TEXTS, *NUMBERS, True, False))
LABELS = st.dictionaries(st.sampled_from(FIELDS), VALUES | st.lists(VALUES, max_size=3))


@frozen
class Condition:
    sign: str
    field: str
    operator: str
    value: Any

    def text(self) -> str:
        value = self.value
        if isinstance(value, str):
            value = "".join(f"\\{char}" if char in RESERVED else char for char in value)
        return f"{self.sign}label.{self.field}:{self.operator}{value}"

    def fits(self, label: dict[str, Any]) -> bool:
        found = label.get(self.field, [])
        values = found if isinstance(found, list) else [found]
        return any(self._fits_value(value) for value in values)

    def _fits_value(self, value: Any) -> bool:
        if isinstance(value, bool):
            return not self.operator and self.value == ("T" if value else "F")
        if isinstance(value, str) or isinstance(self.value, str):
            return not self.operator and value == self.value
        compared: dict[str, bool] = {
            "": value == self.value,
            ">": value > self.value,
            ">=": value >= self.value,
            "<": value < self.value,
            "<=": value <= self.value,
        }
        return compared[self.operator]


SIGNS = st.sampled_from(("", "+", "-"))
FIELD = st.sampled_from(FIELDS)
CONDITIONS = st.builds(
    Condition, SIGNS, FIELD, st.just(""), st.sampled_from((*TEXTS, *NUMBERS))
) | st.builds(
    Condition, SIGNS, FIELD, st.sampled_from((">", ">=", "<", "<=")), st.sampled_from(NUMBERS)
)


def _document(label: dict[str, Any]) -> Document:
    document = Document()
    document.add_value("label", label)
    return document


def _model(conditions: list[Condition], label: dict[str, Any]) -> bool:
    fits = {
        sign: [each.fits(label) for each in conditions if each.sign == sign]
        for sign in ("", "+", "-")
    }
    if any(fits["-"]) or not all(fits["+"]):
        return False
    return bool(fits["+"]) or any(fits[""]) or not fits[""]


@given(st.lists(CONDITIONS, min_size=1, max_size=4), LABELS)
def test_query_finds_what_its_conditions_say(
    conditions: list[Condition], label: dict[str, Any]
) -> None:
    query = parse_query(" ".join(condition.text() for condition in conditions))

    assert (query.score(_document(label)) is not None) is _model(conditions, label)


@given(st.lists(CONDITIONS, min_size=1, max_size=3), CONDITIONS, LABELS)
def test_optional_condition_beside_a_required_one_changes_the_score_alone(
    conditions: list[Condition], extra: Condition, label: dict[str, Any]
) -> None:
    required = " ".join(f"+{condition.text().lstrip('+-')}" for condition in conditions)
    optional = extra.text().lstrip("+-")
    document = _document(label)

    before = parse_query(required).score(document)
    after = parse_query(f"{required} {optional}").score(document)

    assert (before is None) is (after is None)
    if before is not None and after is not None:
        assert after >= before
        assert (after > before) is extra.fits(label)


@given(st.text(alphabet=st.sampled_from('ab1.:+-~^*?/\\"><= \t\n(é'), max_size=20), LABELS)
def test_any_text_is_a_query_or_refused(text: str, label: dict[str, Any]) -> None:
    refusal = ""
    try:
        parse_query(text).score(_document(label))
    except InvalidQuery as error:
        refusal = str(error)

    assert refusal in ("", "syntax error") or refusal.startswith("parse error: ")


@given(st.sampled_from(TEXTS), st.sampled_from(FIELDS))
def test_text_is_found_by_its_own_wildcard(text: str, field: str) -> None:
    escaped = "".join(f"\\{char}" if char in RESERVED else char for char in text)

    assert parse_query(f"label.{field}:{escaped}*").score(_document({field: f"{text}!"})) == 1
