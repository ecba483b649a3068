"""The spellings of a UUID."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.wire.uuids import NIL, parse_uuid


@given(st.uuids())
def test_every_accepted_spelling_has_one_canonical_form(uuid: UUID) -> None:
    for digits in (str(uuid), uuid.hex):
        for text in (digits, digits.upper(), f"{{{digits}}}", f"urn:uuid:{digits}"):
            assert parse_uuid(text) == str(uuid)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        NIL[:-1],
        NIL + "0",
        NIL.replace("-", "_"),
        "0000000-00000-0000-0000-000000000000",
        "{" + NIL,
        NIL + "}",
        "(" + NIL + ")",
        "URN:UUID:" + NIL,
        "urn:uuid:{" + NIL + "}",
        " " + NIL,
        NIL + "\n",
        "g" * 32,
        "0" * 36,
        "\N{FULLWIDTH DIGIT ZERO}" * 32,
    ],
)
def test_anything_else_is_no_uuid(text: str) -> None:
    assert parse_uuid(text) is None


@given(st.text())
def test_any_text_is_parsed_or_none(text: str) -> None:
    parsed = parse_uuid(text)
    assert parsed is None or str(UUID(parsed)) == parsed
