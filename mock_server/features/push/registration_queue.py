"""Registrations that wait for OneSignal: asked again until it gives a player id."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from mock_server.features.accounts.core import Accounts
from mock_server.features.push.devices import DeviceTable
from mock_server.features.push.errors import OneSignalError, advice
from mock_server.features.push.onesignal import OneSignal
from mock_server.features.push.task_queue import TaskQueue, TaskQueueFull

_log = logging.getLogger("mock_server.push")

_Key = tuple[int, str]  # device type and push token


class RegistrationQueue:
    """Asks OneSignal for the player ids of the devices that have none.

    While OneSignal does not answer, it is asked again, with growing delays, until it answers or no
    user has the device any more. Which devices wait is in their table: a server that starts with it
    asks for them again, also for those that OneSignal refused before.

    Args:
        table: The devices.
        accounts: Where the language of a device's user is.
        onesignal: What is asked.
        task_queue: Runs the requests.
        resolved: Called with the users of a device that has got its player id.
    """

    def __init__(
        self,
        table: DeviceTable,
        accounts: Accounts,
        *,
        onesignal: OneSignal,
        task_queue: TaskQueue,
        resolved: Callable[[list[str]], None],
    ) -> None:
        self._table = table
        self._accounts = accounts
        self._onesignal = onesignal
        self._task_queue = task_queue
        self._resolved = resolved
        self._asking: dict[_Key, object] = {}
        self._is_open = self._has_overflown = False
        task_queue.freed.connect(self._refill)

    def resume(self) -> None:
        """Ask for every device that waits; those that do not fit have their turn later."""
        self._is_open, self._has_overflown = True, False
        for user_id, device_type, identifier in self._table.waiting():
            if (device_type, identifier) in self._asking:
                continue
            self._start(user_id, (device_type, identifier), asyncio.Event())
            if self._has_overflown:
                return

    def stop(self) -> None:
        """Ask for no further devices until `resume`."""
        self._is_open = False

    async def ask(self, user_id: str, device_type: int, identifier: str) -> None:
        """Ask for one device; returns after the first attempt."""
        tried = asyncio.Event()
        if self._start(user_id, (device_type, identifier), tried):
            await tried.wait()

    def _refill(self, _: None) -> None:
        if self._is_open and self._has_overflown:
            self.resume()

    def _start(self, user_id: str, key: _Key, tried: asyncio.Event) -> bool:
        try:
            self._task_queue.start(self._create_player(user_id, key, tried))
        except TaskQueueFull as error:
            self._has_overflown = True
            self._table.note_problem(*key, str(error))
            return False
        return True

    async def _create_player(self, user_id: str, key: _Key, tried: asyncio.Event) -> None:
        turn = self._asking[key] = object()

        def is_wanted() -> bool:
            return self._asking.get(key) is turn and self._table.has(*key)

        def failed(error: OneSignalError) -> None:
            self._note(user_id, key, error, is_first=not tried.is_set())
            tried.set()

        user = self._accounts.find(user_id)
        try:
            player_id = await self._onesignal.create_player(
                *key,
                language=user["lang_tag"] if user else "en",
                failed=failed,
                is_wanted=is_wanted,
            )
            self._resolved(self._table.resolve(*key, player_id))
        except OneSignalError:
            return  # the table has the problem
        finally:
            tried.set()
            if self._asking.get(key) is turn:
                del self._asking[key]

    def _note(self, user_id: str, key: _Key, error: OneSignalError, *, is_first: bool) -> None:
        self._table.note_problem(*key, str(error), refused=not error.retryable)
        if not error.retryable:
            _log.warning(
                "OneSignal refused a device of user %s: %s; %s", user_id, error, advice(error)
            )
        elif is_first:
            _log.warning(
                "a device of user %s waits for OneSignal, which is asked again: %s; %s",
                user_id,
                error,
                advice(error),
            )
