"""Load tests: thousands of players on Locust, and a count of what was delivered to them.

from locust import between, task
from nakama_client.load import NakamaUser

class Player(NakamaUser):
    wait_time = between(1, 5)

    @task
    async def read(self) -> None:
        await self.client.list_notifications(self.session)

`NakamaUser` and `scenarios`, ready-made tasks for players, need the extra `load`. Importing
Locust patches the standard library for the whole process, so it is imported with the first use of
these; `DeliveryTracker` works without it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nakama_client.load.delivery import Arrival, DeliveryCounts, DeliveryTracker

if TYPE_CHECKING:
    from nakama_client.load import scenarios
    from nakama_client.load.user import NakamaUser

__all__ = ["Arrival", "DeliveryCounts", "DeliveryTracker", "NakamaUser", "scenarios"]


def __getattr__(name: str) -> Any:
    if name == "NakamaUser":
        return import_module("nakama_client.load.user").NakamaUser
    if name == "scenarios":
        return import_module("nakama_client.load.scenarios")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
