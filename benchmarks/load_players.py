"""The locustfile of `benchmarks.load`; a run writes what it cost into the folder `REPORTS`."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import time
from pathlib import Path

import gevent
from locust import User, constant, events, task
from locust.env import Environment

from benchmarks.memory import AT_ONCE, resident
from benchmarks.tokens import TOKEN
from nakama_client import Client, RetryPolicy, Session, Timeouts
from nakama_client.load import NakamaUser

WITHOUT_PLAYERS = resident()

_PATIENCE = Timeouts(connect=60.0, request=60.0, reply=60.0, close=0.5)


class Caller(NakamaUser):
    """Calls without a pause."""

    wait_time = constant(0)

    async def on_start(self) -> None:
        await self.log_in()

    @task
    async def call(self) -> None:
        await self.client.get_account(self.session)


class CallerWithoutLogin(Caller):
    """Calls a server that answers all the same."""

    async def on_start(self) -> None:
        self.session = Session(TOKEN)


class Listener(NakamaUser):
    """Listens; the first one sends to all once all are there."""

    wait_time = constant(1)
    # What is measured is a player who is there, not a server that is overrun by all at once.
    at_once = asyncio.Semaphore(AT_ONCE)

    @classmethod
    def make_client(cls) -> Client:
        return Client(str(cls.host), timeouts=_PATIENCE, retry=RetryPolicy(attempts=10))

    async def on_start(self) -> None:
        async with self.at_once:
            await super().on_start()

    @task
    async def listen(self) -> None:
        if self.number > 0:
            await asyncio.sleep(600)
        elif len(self.online) == int(os.environ["PLAYERS"]):
            await asyncio.gather(*map(self._send, self.online))
            gevent.spawn(self.environment.runner.quit)

    async def _send(self, to: str) -> None:
        async with self.at_once, self.sending("broadcast", [to]) as marker:
            await self.client.rpc(self.session, "gift", {"to": to, "content": marker})


class Sleeper(User):
    """What a player costs Locust itself."""

    @task
    def sleep(self) -> None:
        gevent.sleep(600)


@events.init.add_listener
def _measure(environment: Environment, **_: object) -> None:
    begun: list[float] = []
    calls = itertools.count()

    def spent() -> list[float]:
        return [time.process_time(), time.monotonic(), next(calls)]

    def begin(**_: object) -> None:
        begun[:] = spent()

    def count(name: str, **_: object) -> None:
        if name == "get_account":
            next(calls)

    def report(**_: object) -> None:
        now = spent()
        costs = [after - before for after, before in zip(now, begun or now, strict=True)]
        costs.append(resident() - WITHOUT_PLAYERS)
        path = Path(os.environ["REPORTS"]) / f"{os.getpid()}.json"
        path.write_text(json.dumps(costs), encoding="utf-8")

    environment.events.request.add_listener(count)
    environment.events.spawning_complete.add_listener(begin)
    environment.events.test_stopping.add_listener(report)
