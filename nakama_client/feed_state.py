"""The state of an open feed."""

from __future__ import annotations

import asyncio
from hashlib import sha256

from nakama_client.checkpoint import Checkpoint
from nakama_client.errors import NakamaError, UnreadableItem
from nakama_client.events.flag import Flag
from nakama_client.events.tasks import is_alive
from nakama_client.features.notifications import Notification
from nakama_client.protocol.catchup import CatchUp


class Unreadable:
    """A notification that can't be read, in its place between the others."""

    sender_id = ""
    persistent = True

    def __init__(self, error: UnreadableItem) -> None:
        self.error = error
        # It needs a name, so that it is found again and left out again.
        self.id = error.id or f"raw {sha256(error.raw.encode()).hexdigest()[:32]}"


class FeedState:
    """The state of an open feed; the socket notifies it of what happens, as an `Observer`."""

    __slots__ = (
        "catch_up",
        "checkpoint",
        "ended_event",
        "error",
        "failures",
        "has_listed",
        "listing",
        "wakeup",
    )

    def __init__(
        self, catch_up: CatchUp[Notification | Unreadable], checkpoint: Checkpoint
    ) -> None:
        self.catch_up = catch_up
        self.checkpoint = checkpoint
        self.wakeup = Flag()  # something happened: ask `catch_up` again what to do
        self.ended_event = Flag()  # also cuts the pause after a failed listing short
        self.error: NakamaError | None = None
        self.listing: asyncio.Task[None] | None = None  # outlives the `anext` that began it
        self.has_listed = False  # the server has taken the position
        self.failures = 0  # failed listings in a row

    async def wait_for_listing(self) -> None:
        """Wait until the listing has ended; a cancellation leaves it under way."""
        listing = self.listing
        if listing is not None:
            if not listing.done():  # else it would still wait for a turn, and a limit of 0 end it
                await asyncio.wait([listing])
            self.listing = None
            if not listing.cancelled():
                listing.result()

    async def stop_listing(self) -> None:
        """Cancel the listing under way."""
        listing = self.listing
        if is_alive(listing):
            listing.cancel()
            await asyncio.gather(listing, return_exceptions=True)

    # The socket's reader calls the methods below. They only note what happened and wake the feed's
    # loop: the reader never waits for the feed, and so never for the user's code.

    def received(self, event: Notification) -> None:
        """A notification came live."""
        self.catch_up.received(event)
        self.wakeup.set()

    def received_unreadable(self, item: UnreadableItem) -> None:
        """A notification came live that can't be read."""
        self.catch_up.received(Unreadable(item))
        self.wakeup.set()

    def missed(self) -> None:
        """A frame came that can't be read."""
        self.catch_up.missed()
        self.wakeup.set()

    def connected(self) -> None:
        """From now on everything comes live."""
        self.catch_up.connected()
        self.wakeup.set()

    def disconnected(self) -> None:
        """From now on nothing comes live."""
        self.catch_up.disconnected()
        self.wakeup.set()

    def ended(self, error: NakamaError | None) -> None:
        """The socket, or the feed, is closed and stays so."""
        self.error = error
        self.ended_event.set()
        self.wakeup.set()
