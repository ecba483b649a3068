"""Everything that a running mock server consists of, where each part finds the others."""

from __future__ import annotations

from mock_server.config import Config
from mock_server.features.accounts import core as accounts
from mock_server.features.authentication.core import Authentication
from mock_server.features.channels import core as channels
from mock_server.features.friends import core as friends
from mock_server.features.groups import core as groups
from mock_server.features.groups.members import Members
from mock_server.features.leaderboards import core as leaderboards
from mock_server.features.links.core import Links
from mock_server.features.notifications import core as notifications
from mock_server.features.sessions.core import Sessions
from mock_server.features.social.core import Social
from mock_server.features.status.core import StatusRegistry
from mock_server.features.storage import core as storage
from mock_server.features.streams.core import Streams
from mock_server.features.wallets import core as wallets
from mock_server.push import devices, waiting
from mock_server.push.core import Push
from mock_server.push.pushes import Pushes
from mock_server.realtime.registry import SessionRegistry
from mock_server.realtime.router import Router
from mock_server.realtime.tracker import Tracker
from mock_server.runtime.runtime import Runtime
from mock_server.signals import Signals
from server_kit import Clock, Faults, Journal, Store

_STORED = (
    accounts,
    notifications,
    friends,
    groups,
    channels,
    storage,
    wallets,
    leaderboards,
    devices,
    waiting,
)
SCHEMA = "".join(feature.SCHEMA for feature in _STORED)


class Parts:
    """The parts of one server.

    Args:
        config: Its settings.
        clock: Its time.
        store: Its database, made with `SCHEMA`.
        journal: Where requests and frames are written down.
        faults: What goes wrong on purpose.
        pushes: What becomes a push, and what became of it.
    """

    def __init__(
        self,
        config: Config,
        clock: Clock,
        store: Store,
        journal: Journal,
        faults: Faults,
        pushes: Pushes,
    ) -> None:
        self.config = config
        self.clock = clock
        self.store = store
        self.journal = journal
        self.faults = faults
        self.signals = Signals()
        self.registry = SessionRegistry()
        self.tracker = Tracker()
        self.router = Router(self.registry, self.tracker)
        self.sessions = Sessions(self)
        self.accounts = accounts.Accounts(self)
        self.authentication = Authentication(self)
        self.links = Links(self)
        self.notifications = notifications.Notifications(self)
        self.friends = friends.Friends(self)
        self.social = Social(self)
        self.groups = groups.Groups(self)
        self.members = Members(self)
        self.channels = channels.Channels(self)
        self.status = StatusRegistry(self)
        self.streams = Streams(self)
        self.storage = storage.Storage(self)
        self.wallets = wallets.Wallets(self)
        self.leaderboards = leaderboards.Leaderboards(self)
        self.runtime = Runtime(self)
        self.push = Push(self, pushes)

    def reset(self) -> None:
        """Forget everything but the server modules."""
        self.store.reset()
        self.sessions.cache.clear()
        self.journal.clear()
        self.faults.clear()
        self.clock.reset()

    def transaction_time(self) -> int:
        """Microseconds since the epoch, as the database's `now()`: later with each call.

        What separate calls write keeps its order, also while the clock stands still.
        """
        return self.clock.tick()
