"""The mock server in a process of its own, with a data file, to be killed and started again."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

import aiohttp


class MockProcess:
    """`python -m mock_server`, always on the same ports.

    Args:
        data: Where it keeps its state.
        token_seconds: How long session tokens live.

    Attributes:
        client_url: Where the client API is.
        starts: How often it was started.
    """

    def __init__(self, data: Path, *, token_seconds: int = 60) -> None:
        self.client_url = ""
        self.starts = 0
        self._console_url = ""
        self._data = data
        self._token_seconds = token_seconds
        self._process: Process | None = None
        self._is_up = asyncio.Event()
        self._http = aiohttp.ClientSession()

    async def start(self) -> None:
        """Start it, and wait until it serves."""
        self.starts += 1
        client_port = self.client_url.rpartition(":")[2] or "0"
        console_port = self._console_url.rpartition(":")[2] or "0"
        command = [sys.executable, "-m", "mock_server", "--data", str(self._data)]
        command += ["--socket.port", client_port, "--console.port", console_port]
        command += ["--onesignal.port", "0", "--logger.level", "error"]
        command += ["--session.token_expiry_sec", str(self._token_seconds)]
        self._process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            name, _, url = line.decode().strip().partition(": ")
            if name == "Nakama client API":
                self.client_url = url
            elif name.startswith("Nakama console"):
                self._console_url = url
            elif name == "OneSignal":
                self._is_up.set()
                return
        raise RuntimeError("the mock server did not start")

    async def until_up(self) -> None:
        """Wait until it serves; while it does, give others a turn."""
        await asyncio.sleep(0)
        await self._is_up.wait()

    async def kill(self) -> None:
        """Kill it as `kill -9` does."""
        assert self._process is not None
        self._is_up.clear()
        self._process.kill()
        await self._process.wait()

    async def close(self) -> None:
        """Kill it, and let go of its control."""
        if self._process is not None and self._process.returncode is None:
            await self.kill()
        await self._http.close()

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """Ask `/_control` something."""
        url = f"{self._console_url}/_control{path}"
        async with self._http.request(method, url, json=body) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def send(self, user_ids: list[str], sender_id: str, number: int) -> bool:
        """Send a persistent notification as the game's backend; False when nobody knows whether."""
        headers = {"Authorization": f"Bearer {await self._token()}"}
        body = {
            "user_ids": user_ids,
            "subject": "soak",
            "content": {"number": number},
            "code": 1,
            "persistent": True,
            "sender_id": sender_id,
        }
        url = f"{self._console_url}/v2/console/notification"
        try:
            async with self._http.post(url, json=body, headers=headers) as answer:
                answer.raise_for_status()
        except aiohttp.ClientError:
            return False
        return True

    async def _token(self) -> str:
        if not hasattr(self, "_console_token"):
            login = {"username": "admin", "password": "password"}
            url = f"{self._console_url}/v2/console/authenticate"
            async with self._http.post(url, json=login) as answer:
                self._console_token: str = (await answer.json())["token"]
        return self._console_token
