"""Leaderboards: https://heroiclabs.com/docs/nakama/concepts/leaderboards/."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any

from attrs import Factory, frozen

from nakama_client.api_client import ApiClient
from nakama_client.errors import ArgumentError
from nakama_client.features.base import ClientFeature
from nakama_client.features.times import check_time
from nakama_client.protocol.codec import JsonObject, as_model, encode, encode_payload, wire_struct
from nakama_client.protocol.paging import Page, PageIterator, paginate
from nakama_client.protocol.replies import Empty
from nakama_client.protocol.requests import QueryPairs, Request, present, segment
from nakama_client.protocol.rules import check_id, check_ids, check_limit, check_path_name
from nakama_client.session import Session

_LONGEST_LIST = 1000
_LARGEST_SCORE = 2**63 - 1

# They stand in the address of the request, where there is not room for many more.
_MOST_OWNERS = 100


class LeaderboardOperator(IntEnum):
    """How a new score is combined with the one that is there.

    Attributes:
        NO_OVERRIDE: As the leaderboard was created.
        BEST: The better one counts.
        SET: The new one counts.
        INCREMENT: The new one is added.
        DECREMENT: The new one is taken away, down to 0.
    """

    NO_OVERRIDE = 0
    BEST = 1
    SET = 2
    INCREMENT = 3
    DECREMENT = 4


@frozen(kw_only=True)
class LeaderboardRecord:
    """A record in a leaderboard or a tournament.

    Attributes:
        leaderboard_id: The id of the leaderboard or the tournament.
        owner_id: Whose record it is.
        username: The owner's name when it was written; "" when the server's runtime gave none.
        score: The score, up to 2**63 - 1.
        subscore: What decides among equal scores.
        num_score: How often a score was written; 0 for a player who only joined.
        max_num_score: How often one may be written.
        metadata: The JSON object that was written with it.
        create_time: When it was written first, in whole seconds.
        update_time: When it was last changed.
        expiry_time: When its period ends, at which the leaderboard is reset; None without resets.
        rank: The place in the order, from 1. 0 when the leaderboard has no ranks, except in plain
            lists, which always count.
    """

    leaderboard_id: str = ""
    owner_id: str = ""
    username: str = ""
    score: int = 0
    subscore: int = 0
    num_score: int = 0
    max_num_score: int = 0
    metadata: JsonObject = Factory(JsonObject)
    create_time: datetime | None = None
    update_time: datetime | None = None
    expiry_time: datetime | None = None
    rank: int = 0


@frozen
class LeaderboardRecordPage(Page[LeaderboardRecord]):
    """A page of the records of a leaderboard or a tournament, the best first.

    Attributes:
        records: At most as many as the limit.
        owner_records: The records of the owners that were asked for, wherever they stand.
        cursor: Where the next page begins; "" when there is none.
        prev_cursor: Where the page before begins; "" on the first page.
        rank_count: How many records have a rank; 0 when the leaderboard has no ranks.
    """

    records: tuple[LeaderboardRecord, ...] = ()
    owner_records: tuple[LeaderboardRecord, ...] = ()
    cursor: str = ""
    prev_cursor: str = ""
    rank_count: int = 0


_RECORD_LIST = wire_struct(LeaderboardRecordPage, cursor="next_cursor")


async def list_records(
    api: ApiClient, session: Session, path: str, query: QueryPairs
) -> LeaderboardRecordPage:
    """Ask for a list of records; each of them has the same answer."""
    read = await api.call(session, Request("GET", path, query), _RECORD_LIST)
    return as_model(LeaderboardRecordPage, read)


class LeaderboardsApi(ClientFeature):
    """Writing, listing and deleting records."""

    async def write_leaderboard_record(
        self,
        session: Session,
        leaderboard_id: str,
        *,
        score: int,
        subscore: int = 0,
        metadata: Mapping[str, Any] | None = None,
        operator: LeaderboardOperator | int = LeaderboardOperator.NO_OVERRIDE,
    ) -> LeaderboardRecord:
        """Write a score of the player.

        It is not repeated after its answer was lost, because the score could count twice.

        Args:
            session: The player's session.
            leaderboard_id: The leaderboard; the server's runtime creates them.
            score: 0 to 2**63 - 1.
            subscore: 0 to 2**63 - 1.
            metadata: A JSON object to keep with the score; None keeps the one that is there.
            operator: How this score is combined with the one that is there.

        Returns:
            The record as it is now, which is the old one when that was better.

        Raises:
            ArgumentError: An argument breaks a rule.
            NotFound: There is no such leaderboard.
            PermissionDenied: Only the server's runtime may write to it.
            InternalError: A sum is above 2**63 - 1.
        """
        request = Request(
            "POST",
            leaderboard_path(leaderboard_id),
            body=record_body(score, subscore, metadata, operator),
        )
        return await self._api.call(session, request, LeaderboardRecord)

    async def delete_leaderboard_record(self, session: Session, leaderboard_id: str) -> None:
        """Delete the player's record of the present period; without one, this does nothing.

        Raises:
            ArgumentError: The leaderboard's id is empty or too long.
            NotFound: There is no such leaderboard, or it is a tournament.
            PermissionDenied: Only the server's runtime may change it.
        """
        request = Request("DELETE", leaderboard_path(leaderboard_id))
        await self._api.call(session, request, Empty)

    async def list_leaderboard_records(
        self,
        session: Session,
        leaderboard_id: str,
        *,
        owner_ids: Iterable[str] = (),
        limit: int = 100,
        cursor: str | None = None,
        expiry: datetime | None = None,
    ) -> LeaderboardRecordPage:
        """List records, the best first.

        Args:
            session: The session of any player.
            leaderboard_id: The leaderboard.
            owner_ids: Up to 100 players whose records to add as `owner_records`.
            limit: 1 to 1000.
            cursor: The `cursor` or `prev_cursor` of a page of this leaderboard and period.
            expiry: The period that ended then, which is the `expiry_time` of its records; None for
                the present one.

        Raises:
            ArgumentError: An argument breaks a rule.
            NotFound: There is no such leaderboard.
            InvalidArgument: The cursor is of another leaderboard or period.
        """
        query = records_query(owner_ids, limit, cursor, expiry, most=_LONGEST_LIST)
        return await list_records(self._api, session, leaderboard_path(leaderboard_id), query)

    def iter_leaderboard_records(
        self,
        session: Session,
        leaderboard_id: str,
        *,
        expiry: datetime | None = None,
        cursor: str | None = None,
        page_size: int = 100,
    ) -> PageIterator[LeaderboardRecord]:
        """Iterate over the records of a leaderboard, the best first.

        Args:
            session: The session of any player.
            leaderboard_id: The leaderboard.
            expiry: As in `list_leaderboard_records`.
            cursor: Begin where a page or an iterator said; None or "" for the best.
            page_size: How many to fetch at a time, 1 to 1000.

        Raises:
            ArgumentError: An argument breaks a rule.
        """
        check_limit(page_size, _LONGEST_LIST)
        check_time("expiry", expiry)
        leaderboard_path(leaderboard_id)

        return paginate(
            self._api.resumable(
                lambda position: self.list_leaderboard_records(
                    session, leaderboard_id, limit=page_size, cursor=position, expiry=expiry
                )
            ),
            lambda page: page.records,
            cursor=cursor,
        )

    async def list_leaderboard_records_around_owner(
        self,
        session: Session,
        leaderboard_id: str,
        *,
        owner_id: str,
        limit: int = 100,
        cursor: str | None = None,
        expiry: datetime | None = None,
    ) -> LeaderboardRecordPage:
        """List a player's record and those around it, the best first.

        Args:
            session: The session of any player.
            leaderboard_id: The leaderboard.
            owner_id: The player in the middle, if there are enough records on both sides.
            limit: 1 to 100.
            cursor: A cursor of such a page; the list then begins there, and the owner is ignored.
            expiry: As in `list_leaderboard_records`.

        Returns:
            A page, which is empty when the player has no record.

        Raises:
            ArgumentError: An argument breaks a rule.
            NotFound: There is no such leaderboard.
            InternalError: The cursor is not one of this list.
        """
        query = records_query((), limit, cursor, expiry, most=100)
        path = f"{leaderboard_path(leaderboard_id)}/owner/{check_id('owner_id', owner_id)}"
        return await list_records(self._api, session, path, query)


def leaderboard_path(leaderboard_id: str) -> str:
    """The path of a leaderboard, whose id is checked."""
    return f"/v2/leaderboard/{segment(check_path_name('leaderboard_id', leaderboard_id))}"


def record_body(
    score: int, subscore: int, metadata: Mapping[str, Any] | None, operator: int
) -> bytes:
    """The body of a written record, whose arguments are checked."""
    body: dict[str, Any] = {"score": _score("score", score)}
    body["subscore"] = _score("subscore", subscore)
    if operator not in tuple(LeaderboardOperator):
        raise ArgumentError(f"operator must be a LeaderboardOperator (0 to 4), not {operator}")
    if operator:
        body["operator"] = int(operator)
    if metadata is not None:
        if not isinstance(metadata, Mapping):
            raise ArgumentError(f"metadata must be a dict, not {type(metadata).__name__}")
        body["metadata"] = encode_payload(metadata)
    return encode(body)


def records_query(
    owner_ids: Iterable[str],
    limit: int,
    cursor: str | None,
    expiry: datetime | None,
    *,
    most: int,
) -> QueryPairs:
    """The query of a list of records, whose arguments are checked."""
    owners = list(dict.fromkeys(check_ids("owner_ids", owner_ids)))
    if len(owners) > _MOST_OWNERS:
        raise ArgumentError(f"owner_ids may be up to {_MOST_OWNERS}, not {len(owners)}")
    query = present(
        limit=check_limit(limit, most), cursor=cursor or None, expiry=check_time("expiry", expiry)
    )
    return [*query, *(("owner_ids", each) for each in owners)]


def _score(name: str, score: int) -> str:
    if isinstance(score, bool) or not isinstance(score, int):
        raise ArgumentError(f"{name} must be an int, not {type(score).__name__}")
    if not 0 <= score <= _LARGEST_SCORE:
        raise ArgumentError(f"{name} must be between 0 and {_LARGEST_SCORE}, not {score}")
    return str(score)
