import uuid
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nakama_client import ArgumentError
from nakama_client.protocol.requests import Request, basic, present, segment, split
from nakama_client.protocol.rules import check_ids, check_limit

HEAD_LIMIT = 5120 + 4096


@given(
    st.lists(st.tuples(st.sampled_from(["ids", "usernames"]), st.text(min_size=1)), max_size=300),
    st.integers(0, 9000),
)
def test_a_split_keeps_everything_in_order_and_below_the_limit(
    query: list[tuple[str, str]], token_bytes: int
) -> None:
    query = [(name, text.encode(errors="replace").decode()) for name, text in query]
    batches = list(split(query, token_bytes=token_bytes))
    assert [pair for batch in batches for pair in batch] == query
    for batch in batches:
        target = Request("GET", "/v2/user", batch).target
        assert len(batch) == 1 or len(target) + token_bytes + 512 <= HEAD_LIMIT - 512


def test_a_split_of_ids_is_not_wasteful() -> None:
    query = [("ids", str(uuid.uuid4())) for _ in range(1000)]
    assert len(list(split(query, token_bytes=300))) == 6


def test_target_quotes_what_reads_back() -> None:
    query = [("ids", "a&b"), ("ids", "c d"), ("name", "ü")]
    path, _, text = Request("GET", "/v2/x", query).target.partition("?")
    assert (path, parse_qsl(text)) == ("/v2/x", query)


def test_present_leaves_none_out() -> None:
    assert present(limit=5, cursor=None, create=False) == [("limit", "5"), ("create", "false")]


def test_segment_quotes_to_one_segment() -> None:
    assert segment("a/b?c#d e%") == "a%2Fb%3Fc%23d%20e%25"


def test_a_key_is_the_user_of_basic_auth() -> None:
    assert basic("defaultkey") == "Basic ZGVmYXVsdGtleTo="


@pytest.mark.parametrize("limit", [0, 101, -1])
def test_check_limit_raises_out_of_range(limit: int) -> None:
    with pytest.raises(ArgumentError, match=f"between 1 and 100, not {limit}"):
        check_limit(limit, 100)


@given(st.uuids())
def test_check_ids_accepts_every_spelling_of_the_server(value: uuid.UUID) -> None:
    spellings = [str(value), str(value).upper(), value.hex, f"{{{value}}}", value.urn]
    assert check_ids("ids", spellings) == [str(value)] * 5


@pytest.mark.parametrize(
    "bad", ["", "x", str(uuid.UUID(int=0)) + "0", "0" * 31, "{" + "0" * 32, "0000-" + "0" * 28]
)
def test_check_ids_raises_for_other_text(bad: str) -> None:
    with pytest.raises(ArgumentError, match="ids must be UUIDs such as"):
        check_ids("ids", [str(uuid.UUID(int=1)), bad])


def test_check_ids_raises_for_one_text() -> None:
    with pytest.raises(ArgumentError, match="several ids"):
        check_ids("ids", str(uuid.UUID(int=1)))


def test_segment_and_target_raise_for_invalid_unicode() -> None:
    for make in (
        lambda text: segment(text),
        lambda text: Request("GET", "/v2/x", [("cursor", text)]).target,
    ):
        with pytest.raises(ArgumentError, match="not valid Unicode"):
            make("half \ud83d")
