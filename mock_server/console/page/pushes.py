"""The way of each push, as the console shows it: event, rule, attempts, OneSignal, devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from mock_server.console.page.paging import PageQuery, choice
from mock_server.features.push.push_log import PushLog
from mock_server.features.push.records import PushOutcome, PushRecord

OUTCOMES = tuple(PushOutcome)


class PushList:
    """Finds and shows the records of pushes.

    Args:
        pushes: The log.
        name_of: Returns the user name of an id; empty for an unknown one.
        onesignal_url: Where pushes are posted.
    """

    def __init__(self, pushes: PushLog, name_of: Callable[[str], str], onesignal_url: str) -> None:
        self._pushes = pushes
        self._name_of = name_of
        self._onesignal_url = onesignal_url

    def page(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of the pushes, newest first.

        Args:
            query: `outcome`, `user` (an id), `q` (in event, user, text, reason or OneSignal's
                id), `id`, `limit`, `offset`.

        Raises:
            web.HTTPBadRequest: A parameter has no such value.
        """
        wanted = PageQuery.read(query)
        outcome = choice(query, "outcome", OUTCOMES)
        user = query.get("user", "")
        found = [
            record
            for record in reversed(list(self._pushes))
            if wanted.id in ("", record.id)
            and outcome in ("", record.outcome)
            and user in ("", record.user_id)
            and self._matches(wanted, record)
        ]
        return wanted.page(found, self._show)

    def _matches(self, wanted: PageQuery, record: PushRecord) -> bool:
        texts = (record.event, record.user_id, record.reason, record.notification_id)
        return wanted.finds(*texts, *record.contents.values(), self._name_of(record.user_id))

    def _show(self, record: PushRecord) -> dict[str, Any]:
        rule = self._pushes.rules.find(record.event)
        return {
            **attrs.asdict(record),
            "username": self._name_of(record.user_id),
            "rule": {"also_online": rule.also_online, **rule.shown()} if rule else None,
            "onesignal_url": self._onesignal_url,
        }
