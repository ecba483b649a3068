import pytest
from hypothesis import given
from hypothesis import strategies as st

from nakama_client import ArgumentError
from nakama_client.protocol.tokens import (
    SessionReply,
    Tokens,
    from_login,
    from_refresh,
    read_claims,
    restore,
)
from tests.client.scripted import make_token

NOW = 1_800_000_000.0


def reply(*, now: float, iat: float | None = None, life: int = 60) -> SessionReply:
    """What a server answers whose clock shows `now`."""
    iat = now if iat is None else iat
    token = make_token(exp=int(now) + life, iat=int(iat))
    return SessionReply(token=token, refresh_token=make_token(exp=int(now) + 3600, iat=int(iat)))


def test_restore_reads_the_claims() -> None:
    token = make_token(tid="1", uid="2", usn="bob", vrs={"a": "b"}, exp=5, iat=4, other=[])
    claims = read_claims(token)
    assert (claims.tid, claims.uid, claims.usn) == ("1", "2", "bob")
    assert (claims.vrs, claims.exp, claims.iat) == ({"a": "b"}, 5, 4)


@given(st.text() | st.text().map(lambda text: f"a.{text}.b"))
def test_restore_raises_without_repeating_the_text(text: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        restore(text, "")
    assert str(raised.value) == "a session token must be a JSON web token"


@pytest.mark.parametrize("life", [60, 7200, 5])
@pytest.mark.parametrize("ahead", [0, 90, -90, 86_400])
def test_needs_refresh_in_the_last_fifth_of_a_life(life: int, ahead: int) -> None:
    tokens = from_login(reply(now=NOW + ahead, life=life), now=NOW)
    assert not tokens.needs_refresh(NOW + 0.5 * life)
    assert tokens.needs_refresh(NOW + 0.81 * life)
    assert not tokens.is_expired(NOW + 0.5 * life)
    assert tokens.is_expired(NOW + life)


def test_a_token_is_not_refreshed_more_often_after_many_refreshes() -> None:
    """A refresh keeps `iat`: by `exp - iat` the token would seem to live longer each time."""
    now, refreshes = NOW, 0
    tokens = from_login(reply(now=now), now=now)
    while now < NOW + 3000:
        assert not tokens.is_expired(now)
        if tokens.needs_refresh(now):
            tokens = from_refresh(reply(now=now, iat=NOW), tokens, now=now)
            refreshes += 1
        now += 1
    assert 3000 / 60 <= refreshes <= 3000 / 45


def test_a_restored_session_that_was_refreshed_often_is_refreshed_once() -> None:
    old = reply(now=NOW, iat=NOW - 36_000)
    tokens = restore(old.token, old.refresh_token)
    assert tokens.needs_refresh(NOW)
    fresh = from_refresh(reply(now=NOW, iat=NOW - 36_000), tokens, now=NOW)
    assert not fresh.needs_refresh(NOW + 30)


def test_can_refresh_until_the_refresh_token_expires() -> None:
    tokens = from_login(reply(now=NOW), now=NOW)
    assert tokens.can_refresh(NOW + 3599)
    assert not tokens.can_refresh(NOW + 3600)
    assert not restore(make_token(), "").can_refresh(NOW)


def test_an_answer_without_a_refresh_token_keeps_the_old_one() -> None:
    tokens = from_login(reply(now=NOW), now=NOW)
    fresh = from_refresh(SessionReply(token=make_token()), tokens, now=NOW)
    assert fresh.refresh_token == tokens.refresh_token


def test_tokens_repr_holds_no_token() -> None:
    tokens = from_login(reply(now=NOW), now=NOW)
    assert isinstance(tokens, Tokens)
    assert "eyJ" not in repr(tokens)
    assert "eyJ" not in repr(reply(now=NOW))
