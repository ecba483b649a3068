"""Run the soak, and print what came of it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
import time
import uuid
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from attrs import frozen

from benchmarks.soak.fault_plan import NEED_RECONNECTS, plan
from benchmarks.soak.players import device_id
from benchmarks.soak.report import Report, compare, read
from benchmarks.soak.server import MockProcess
from nakama_client import Client
from nakama_client.checkpoint import MOST_PENDING

SENDERS = [str(uuid.uuid5(uuid.NAMESPACE_DNS, f"sender {number}")) for number in range(5)]
SENDING_AT_ONCE = 10
PATIENCE = 120.0


@frozen
class Size:
    """How much of it all.

    Attributes:
        players: How many players.
        notifications: How many persistent notifications at least.
        faults: How many faults.
        server_kills: How often the server is killed and started again.
        client_kills: How often the process with the file store is killed and started again.
        seed: Of the faults.
    """

    players: int
    notifications: int
    faults: int
    server_kills: int
    client_kills: int
    seed: int


class Program:
    """The process of players, killed and started again.

    Attributes:
        journal: What its players handled.
    """

    def __init__(self, url: str, folder: Path, name: str, players: int, *, in_files: bool) -> None:
        self.journal = folder / f"{name}.journal"
        self._arguments = [url, str(self.journal), str(players)]
        if in_files:
            self._arguments.append(str(folder / f"{name}-cursors"))
        self._process: Process | None = None

    async def start(self) -> None:
        """Start it."""
        command = [sys.executable, "-m", "benchmarks.soak.players", *self._arguments]
        self._process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)

    async def kill(self) -> None:
        """Kill it as `kill -9` does."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def stop(self) -> dict[str, int]:
        """Let it end by itself; returns what it counted in its last life."""
        assert self._process is not None
        output, _ = await self._process.communicate(b"")
        counts: dict[str, int] = json.loads(output)
        return counts


class Soak:
    """One run.

    Args:
        size: How much.
        folder: Where its files go.
    """

    def __init__(self, size: Size, folder: Path) -> None:
        self.hits: Counter[str] = Counter()
        self._size = size
        self._server = MockProcess(folder / "nakama.db", token_seconds=10)
        self._folder = folder
        self._users: list[str] = []
        self._numbers: Counter[tuple[int, str]] = Counter()
        self._sent = 0
        self._progress = asyncio.Condition()

    async def run(self) -> None:
        """Send through faults and kills, wait until everything has arrived, and print."""
        started = time.perf_counter()
        await self._server.start()
        try:
            await self._log_in()
            memory, files = self._program("memory"), self._program("files", in_files=True)
            await memory.start()
            await files.start()
            try:
                await self._send_through_faults(files)
                stored = await self._wait_until_all_is_handled([memory, files])
                counts = await memory.stop()
                await files.stop()
            finally:
                await memory.kill()
                await files.kill()
        finally:
            await self._server.close()
        seconds = time.perf_counter() - started
        reports = {each.journal.stem: compare(each.journal, stored) for each in (memory, files)}
        self._print(seconds, reports, counts)
        if not self._is_good(reports):
            raise SystemExit("the soak failed")

    def _program(self, name: str, *, in_files: bool = False) -> Program:
        url, players = self._server.client_url, self._size.players
        return Program(url, self._folder, name, players, in_files=in_files)

    async def _log_in(self) -> None:
        async with Client(self._server.client_url) as client:
            for player in range(self._size.players):
                session = await client.authenticate_device(device_id(player))
                self._users.append(session.user_id)

    async def _send_through_faults(self, files: Program) -> None:
        """Phases, each with its share of notifications and faults; between them a kill."""
        size, phases = self._size, self._size.server_kills + 1
        for phase in range(phases):
            rules = plan(size.faults // phases)
            await self._server.control("POST", "/faults/seed", {"seed": size.seed + phase})
            for rule in rules:
                await self._server.control("POST", "/faults", rule)
            sending = asyncio.create_task(self._send_share(phase, phases, len(rules)))
            if phase and phase <= size.client_kills:
                await self._wait_until_sent(size.notifications * (2 * phase + 1) // (2 * phases))
                await files.kill()
                await files.start()
            await sending
            if phase < size.server_kills:
                await self._kill_server_while_sending()
        await self._server.control("DELETE", "/faults")

    async def _send_share(self, phase: int, phases: int, rules: int) -> None:
        """Send a phase's share, and go on until its faults have happened."""
        await self._send(self._size.notifications * (phase + 1) // phases - self._sent)
        while True:
            faults = (await self._server.control("GET", "/faults"))["faults"]
            left = {fault["route"] for fault in faults if fault["hits"] < fault["times"]}
            if not left:
                break
            await self._wait_until_all_are_connected()
            await self._send(self._size.players)
            if left & NEED_RECONNECTS:
                await self._server.control("POST", "/sockets/close", {"abort": True})
        self.hits.update({fault["fault"]: 0 for fault in faults})
        for fault in faults:
            self.hits[fault["fault"]] += fault["hits"]
        await self._server.control("DELETE", "/faults")

    async def _wait_until_all_are_connected(self) -> None:
        for _ in range(100):
            state = await self._server.control("GET", "/state")
            if len(state["sockets"]) >= 2 * self._size.players:
                return
            await asyncio.sleep(0.05)

    async def _kill_server_while_sending(self) -> None:
        sending = asyncio.create_task(self._send(self._size.players))
        await self._wait_until_sent(self._sent + self._size.players // 2)
        await self._server.kill()
        await self._server.start()
        await sending

    async def _wait_until_sent(self, count: int) -> None:
        async with self._progress:
            await self._progress.wait_for(lambda: self._sent >= count)

    async def _send(self, count: int) -> None:
        """Send to the players in turns; what is sent to one player goes out one by one."""
        turns = iter(range(max(count, 0)))
        lanes = [self._send_in_lane(lane, turns) for lane in range(SENDING_AT_ONCE)]
        await asyncio.gather(*lanes)

    async def _send_in_lane(self, lane: int, turns: Iterator[int]) -> None:
        players = range(lane, self._size.players, SENDING_AT_ONCE)
        random = Random(f"{self._size.seed}/{lane}/{self._sent}")
        if not players:
            return
        for _ in turns:
            player, sender = random.choice(players), random.choice(SENDERS)
            self._numbers[player, sender] += 1
            number = self._numbers[player, sender]
            while not await self._server.send([self._users[player]], sender, number):
                await self._server.until_up()
            async with self._progress:
                self._sent += 1
                self._progress.notify_all()

    async def _wait_until_all_is_handled(self, programs: list[Program]) -> dict[int, set[str]]:
        """Wait until the players have handled what is stored, for `PATIENCE` seconds at most."""
        stored = await self._stored()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            handled = [{(each.player, each.id) for each in read(it.journal)} for it in programs]
            everything = {(player, each) for player, ids in stored.items() for each in ids}
            if all(everything <= each for each in handled):
                break
            await asyncio.sleep(0.2)
        return stored

    async def _stored(self) -> dict[int, set[str]]:
        stored: dict[int, set[str]] = {}
        async with Client(self._server.client_url) as client:
            for player in range(self._size.players):
                session = await client.authenticate_device(device_id(player))
                stored[player] = {each.id async for each in client.iter_notifications(session)}
        return stored

    def _is_good(self, reports: dict[str, Report]) -> bool:
        most_repeats = self._size.client_kills * self._size.players * MOST_PENDING
        return (
            all(not (each.lost or each.unknown or each.disorder) for each in reports.values())
            and reports["memory"].repeats == 0
            and reports["files"].repeats <= most_repeats
            and self.hits.total() >= self._size.faults - self._size.server_kills
        )

    def _print(self, seconds: float, reports: dict[str, Report], counts: dict[str, int]) -> None:
        size = self._size
        print(f"{size.players} players, {len(SENDERS)} senders, seed {size.seed}, {seconds:.0f} s")
        print(f"killed: the server {size.server_kills} times, the client {size.client_kills} times")
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(self.hits.items()))
        print(f"faults: {self.hits.total():,} ({kinds})")
        for name, each in reports.items():
            print(
                f"store in {name}: {each.stored:,} stored, {each.handled:,} handled, "
                f"{each.lost} lost, {each.repeats} repeated, {each.disorder} out of order"
            )
        counted = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
        print(f"the process that was never killed: {counted}")


def _parse(arguments: list[str] | None = None) -> Size:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--players", type=int, default=50)
    parser.add_argument("--notifications", type=int, default=20_000)
    parser.add_argument("--faults", type=int, default=1_000)
    parser.add_argument("--server-kills", type=int, default=3)
    parser.add_argument("--client-kills", type=int, default=2)
    parser.add_argument("--seed", type=int, default=20_261_122)
    return Size(**vars(parser.parse_args(arguments)))


async def main() -> None:
    """Run the soak as the command line says."""
    with tempfile.TemporaryDirectory() as folder:
        await Soak(_parse(), Path(folder)).run()


if __name__ == "__main__":
    asyncio.run(main())
