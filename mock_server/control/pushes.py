"""`/_control` on pushes: what became of them, their rules, the devices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs
from aiohttp import web
from attrs import frozen

from mock_server.features.push.devices import Device, shown
from mock_server.features.push.events import InvalidRule
from mock_server.features.push.push_log import PushLog
from mock_server.features.push.rules import PushRule
from server_kit.bodies import read_body, refusal
from server_kit.long_answers import answer_list


class PushRoutes:
    """Answers what concerns pushes.

    Args:
        pushes: What became of each push, and the rules.
        add_rules: Adds rules until the next reset.
        rule_problems: Returns the events of rules that can never happen, each with the reason.
        all_devices: Returns every user's id with each of their devices.
    """

    def __init__(
        self,
        pushes: PushLog,
        *,
        add_rules: Callable[[Iterable[PushRule | Mapping[str, Any]]], None],
        rule_problems: Callable[[], dict[str, str]],
        all_devices: Callable[[], list[tuple[str, Device]]],
    ) -> None:
        self._log = pushes
        self._add_rules = add_rules
        self._rule_problems = rule_problems
        self._all_devices = all_devices

    def add_to(self, app: web.Application) -> None:
        """Serve from the application of the console's port."""
        app.router.add_get("/_control/pushes", self._pushes)
        app.router.add_get("/_control/push_rules", self._push_rules)
        app.router.add_post("/_control/push_rules", self._add_push_rules)
        app.router.add_get("/_control/devices", self._devices)

    async def _pushes(self, request: web.Request) -> web.StreamResponse:
        user = request.query.get("user_id", "")
        records = (attrs.asdict(record) for record in self._log if user in ("", record.user_id))
        return await answer_list(request, "pushes", records)

    async def _push_rules(self, request: web.Request) -> web.Response:
        problems = self._rule_problems()
        rules = []
        for rule in self._log.rules.all():
            problem = problems.get(rule.event)
            rules.append(rule.shown() | ({} if problem is None else {"problem": problem}))
        return web.json_response({"rules": rules})

    async def _add_push_rules(self, request: web.Request) -> web.Response:
        asked = await read_body(request, _PushRules)
        try:
            self._add_rules(asked.rules)
        except InvalidRule as error:
            raise refusal(str(error)) from None
        return await self._push_rules(request)

    async def _devices(self, request: web.Request) -> web.StreamResponse:
        wanted = request.query.get("user_id", "")
        found = self._all_devices()
        devices = (
            {"user_id": user_id, **shown(device)}
            for user_id, device in found
            if wanted in ("", user_id)
        )
        return await answer_list(request, "devices", devices)


@frozen
class _PushRules:
    rules: list[dict[str, Any]]
