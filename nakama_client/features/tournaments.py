"""Tournaments: https://heroiclabs.com/docs/nakama/concepts/tournaments/."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import Factory, frozen

from nakama_client.errors import ArgumentError
from nakama_client.features.base import ClientFeature
from nakama_client.features.leaderboards import (
    LeaderboardOperator,
    LeaderboardRecord,
    LeaderboardRecordPage,
    list_records,
    record_body,
    records_query,
)
from nakama_client.features.times import check_time
from nakama_client.protocol.codec import JsonObject
from nakama_client.protocol.paging import Page, PageIterator, paginate
from nakama_client.protocol.replies import Empty
from nakama_client.protocol.requests import QueryPairs, Request, present, segment
from nakama_client.protocol.rules import check_count, check_id, check_limit, check_path_name
from nakama_client.session import Session

_LARGEST_CATEGORY = 127


@frozen(kw_only=True)
class Tournament:
    """A tournament: a leaderboard that is open at certain times.

    Attributes:
        id: The tournament's id.
        title: A short text.
        description: A longer one.
        category: 0 to 127, as the game orders them.
        sort_order: 1 when the highest score is the best, 0 when the lowest is.
        size: How many players are in it; only counted when there is a `max_size`.
        max_size: How many may be.
        max_num_score: How often each may write a score.
        can_enter: Whether it is open, and not full.
        start_active: When the present, or the next, period begins.
        end_active: When scores are no longer taken; None when that never happens.
        next_reset: When the period ends; None without an end.
        prev_reset: When the period before ended.
        duration: For how many seconds it is open in each period.
        metadata: A JSON object of the game's own.
        operator: See `LeaderboardOperator`.
        authoritative: Whether only the server's runtime may write scores.
        join_required: Whether players have to join before they write a score.
        create_time: When it was created.
        start_time: When it begins.
        end_time: When it ends for good; None for never.
    """

    id: str = ""
    title: str = ""
    description: str = ""
    category: int = 0
    sort_order: int = 0
    size: int = 0
    max_size: int = 0
    max_num_score: int = 0
    can_enter: bool = False
    start_active: datetime | None = None
    end_active: datetime | None = None
    next_reset: datetime | None = None
    prev_reset: datetime | None = None
    duration: float = 0.0
    metadata: JsonObject = Factory(JsonObject)
    operator: int = 0
    authoritative: bool = False
    join_required: bool = False
    create_time: datetime | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None


@frozen
class TournamentPage(Page[Tournament]):
    """A page of the tournaments, the one that starts first at the beginning.

    Attributes:
        tournaments: At most as many as the limit.
        cursor: Where the next page begins; "" when there is none.
    """

    tournaments: tuple[Tournament, ...] = ()
    cursor: str = ""


class TournamentsApi(ClientFeature):
    """Finding and joining tournaments, and their records."""

    async def list_tournaments(
        self,
        session: Session,
        *,
        category_start: int = 0,
        category_end: int = _LARGEST_CATEGORY,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> TournamentPage:
        """List tournaments.

        Args:
            session: The session of any player.
            category_start: The first category, 0 to 127.
            category_end: The last category, 0 to 127.
            start_time: Only those that start then or later.
            end_time: Only those that end until then, over or not. None for all that are not over,
                `datetime.fromtimestamp(0, timezone.utc)` for those that never end.
            limit: 1 to 100.
            cursor: The cursor of the page before, which was listed with the same filters.

        Raises:
            ArgumentError: An argument breaks a rule.
            UnknownError: The cursor is not one of this list.
        """
        filters = _filters(category_start, category_end, start_time, end_time)
        return await self._list_tournaments(session, filters, limit, cursor)

    def iter_tournaments(
        self,
        session: Session,
        *,
        category_start: int = 0,
        category_end: int = _LARGEST_CATEGORY,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        cursor: str | None = None,
        page_size: int = 100,
    ) -> PageIterator[Tournament]:
        """Iterate over all tournaments that match.

        Args:
            session: The session of any player.
            category_start: As in `list_tournaments`.
            category_end: As in `list_tournaments`.
            start_time: As in `list_tournaments`.
            end_time: As in `list_tournaments`.
            cursor: Begin where a page or an iterator said; None or "" for the beginning.
            page_size: How many to fetch at a time, 1 to 100.

        Raises:
            ArgumentError: An argument breaks a rule.
        """
        filters = _filters(category_start, category_end, start_time, end_time)
        check_limit(page_size, 100)

        return paginate(
            self._api.resumable(
                lambda position: self._list_tournaments(session, filters, page_size, position)
            ),
            lambda page: page.tournaments,
            cursor=cursor,
        )

    async def join_tournament(self, session: Session, tournament_id: str) -> None:
        """Join a tournament; joining again, and where it is not required, does nothing.

        A join is for the present period.

        Raises:
            ArgumentError: The tournament's id is empty or too long.
            NotFound: There is no such tournament.
            InvalidArgument: It is full, or no longer open.
        """
        request = Request("POST", f"{_path(tournament_id)}/join", is_idempotent=True)
        await self._api.call(session, request, Empty)

    async def write_tournament_record(
        self,
        session: Session,
        tournament_id: str,
        *,
        score: int,
        subscore: int = 0,
        metadata: Mapping[str, Any] | None = None,
        operator: LeaderboardOperator | int = LeaderboardOperator.NO_OVERRIDE,
    ) -> LeaderboardRecord:
        """Write a score of the player; each write is one of the `max_num_score` attempts.

        It is not repeated after its answer was lost, because it could count twice.

        Args:
            session: The player's session.
            tournament_id: The tournament; the server's runtime creates them.
            score: 0 to 2**63 - 1.
            subscore: 0 to 2**63 - 1.
            metadata: A JSON object to keep with the score; None keeps the one that is there.
            operator: How this score is combined with the one that is there.

        Returns:
            The record as it is now. Where joining is required and no attempt is left, it is
            unchanged.

        Raises:
            ArgumentError: An argument breaks a rule.
            NotFound: There is no such tournament, or it has ended.
            PermissionDenied: Only the server's runtime may write to it.
            FailedPrecondition: It is not open or full, the player has not joined, or has no attempt
                left.
        """
        # Both POST and PUT do this. A proxy may repeat a PUT.
        request = Request(
            "POST", _path(tournament_id), body=record_body(score, subscore, metadata, operator)
        )
        return await self._api.call(session, request, LeaderboardRecord)

    async def delete_tournament_record(self, session: Session, tournament_id: str) -> None:
        """Delete the player's record of the present period; without one, this does nothing.

        Raises:
            ArgumentError: The tournament's id is empty or too long.
            InternalError: There is no such tournament, or only the server's runtime may change it.
        """
        await self._api.call(session, Request("DELETE", _path(tournament_id)), Empty)

    async def list_tournament_records(
        self,
        session: Session,
        tournament_id: str,
        *,
        owner_ids: Iterable[str] = (),
        limit: int = 100,
        cursor: str | None = None,
        expiry: datetime | None = None,
    ) -> LeaderboardRecordPage:
        """List records, the best first.

        Args:
            session: The session of any player.
            tournament_id: The tournament.
            owner_ids: Up to 100 players whose records to add as `owner_records`.
            limit: 1 to 100.
            cursor: The `cursor` or `prev_cursor` of a page of this tournament and period.
            expiry: The period that ended then, which is the `expiry_time` of its records; None for
                the present one.

        Raises:
            ArgumentError: An argument breaks a rule.
            NotFound: There is no such tournament, or it has ended and there is no `expiry`.
            InvalidArgument: The cursor is of another tournament or period.
        """
        query = records_query(owner_ids, limit, cursor, expiry, most=100)
        return await list_records(self._api, session, _path(tournament_id), query)

    def iter_tournament_records(
        self,
        session: Session,
        tournament_id: str,
        *,
        expiry: datetime | None = None,
        cursor: str | None = None,
        page_size: int = 100,
    ) -> PageIterator[LeaderboardRecord]:
        """Iterate over the records of a tournament, the best first.

        Args:
            session: The session of any player.
            tournament_id: The tournament.
            expiry: As in `list_tournament_records`.
            cursor: Begin where a page or an iterator said; None or "" for the best.
            page_size: How many to fetch at a time, 1 to 100.

        Raises:
            ArgumentError: An argument breaks a rule.
        """
        check_limit(page_size, 100)
        check_time("expiry", expiry)
        _path(tournament_id)

        return paginate(
            self._api.resumable(
                lambda position: self.list_tournament_records(
                    session, tournament_id, limit=page_size, cursor=position, expiry=expiry
                )
            ),
            lambda page: page.records,
            cursor=cursor,
        )

    async def list_tournament_records_around_owner(
        self,
        session: Session,
        tournament_id: str,
        *,
        owner_id: str,
        limit: int = 100,
        cursor: str | None = None,
        expiry: datetime | None = None,
    ) -> LeaderboardRecordPage:
        """List a player's record and those around it, the best first.

        Args:
            session: The session of any player.
            tournament_id: The tournament.
            owner_id: The player in the middle, if there are enough records on both sides.
            limit: 1 to 100.
            cursor: A cursor of such a page; the list then begins there, and the owner is ignored.
                The `prev_cursor` of such a page leads forwards, as in Nakama.
            expiry: As in `list_tournament_records`.

        Returns:
            A page, which is empty when the player has no record or the tournament has ended.

        Raises:
            ArgumentError: An argument breaks a rule.
            NotFound: There is no such tournament.
            InternalError: The cursor is not one of this list.
        """
        query = records_query((), limit, cursor, expiry, most=100)
        path = f"{_path(tournament_id)}/owner/{check_id('owner_id', owner_id)}"
        return await list_records(self._api, session, path, query)

    async def _list_tournaments(
        self, session: Session, filters: QueryPairs, limit: int, cursor: str | None
    ) -> TournamentPage:
        query = [*filters, *present(limit=check_limit(limit, 100), cursor=cursor or None)]
        return await self._api.call(
            session, Request("GET", "/v2/tournament", query), TournamentPage
        )


def _path(tournament_id: str) -> str:
    return f"/v2/tournament/{segment(check_path_name('tournament_id', tournament_id))}"


def _filters(
    category_start: int, category_end: int, start_time: datetime | None, end_time: datetime | None
) -> QueryPairs:
    for name, category in (("category_start", category_start), ("category_end", category_end)):
        check_count(name, category, least=0)
    if not 0 <= category_start <= category_end <= _LARGEST_CATEGORY:
        raise ArgumentError(
            "categories must be between 0 and 127, the first not above the last; "
            f"they are {category_start} and {category_end}"
        )
    start, end = check_time("start_time", start_time), check_time("end_time", end_time)
    if start and end and end < start:
        raise ArgumentError("end_time must not be before start_time")
    return present(
        category_start=category_start, category_end=category_end, start_time=start, end_time=end
    )
