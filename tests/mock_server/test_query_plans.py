"""Lists of one user's rows are found by an index, whatever others have."""

from __future__ import annotations

from typing import Any

import pytest

from mock_server.console import listing
from mock_server.features.accounts.core import SCHEMA as ACCOUNTS
from mock_server.features.notifications.core import SCHEMA as NOTIFICATIONS
from server_kit.store import Row, Store

USER = "11111111-1111-1111-1111-111111111111"


class _Planning(Store):
    """Notes the plan of each query."""

    def __init__(self) -> None:
        super().__init__(ACCOUNTS + NOTIFICATIONS)
        self.plans: list[str] = []

    def all(self, sql: str, *params: Any) -> list[Row]:
        self.plans += [row["detail"] for row in super().all(f"EXPLAIN QUERY PLAN {sql}", *params)]
        return super().all(sql, *params)


@pytest.mark.parametrize("user_id", [USER, ""])
def test_the_consoles_list_of_notifications_searches_an_index(user_id: str) -> None:
    store = _Planning()
    try:
        listing.list_page(store, user_id, 100, "")
        (plan,) = store.plans
        assert plan.startswith("SEARCH notification USING")
        assert ("(user_id=?" in plan) == bool(user_id)
    finally:
        store.close()
