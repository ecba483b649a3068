"""Makes everything that a running server consists of, in the order in which one needs the other.

This is the one place that knows all. A feature is made in `Wiring.__init__` and named in
`Wiring._features`, with what it needs as arguments; if it has tables, they are named in `_STORED`.
"""

from __future__ import annotations

from aiohttp import web

from mock_server.config import Config
from mock_server.console.api import ConsoleServices
from mock_server.feature import Feature
from mock_server.features.accounts import api as accounts_api
from mock_server.features.accounts import core as accounts
from mock_server.features.accounts.runtime import AccountFunctions
from mock_server.features.authentication import api as authentication_api
from mock_server.features.authentication.core import Authentication
from mock_server.features.authentication.runtime import AuthenticationFunctions
from mock_server.features.channels import api as channels_api
from mock_server.features.channels import core as channels
from mock_server.features.channels import pipeline as channels_pipeline
from mock_server.features.channels.history import ChannelHistory
from mock_server.features.channels.joining import ChannelResolver
from mock_server.features.channels.runtime import ChannelFunctions
from mock_server.features.events import api as events_api
from mock_server.features.friends import api as friends_api
from mock_server.features.friends import core as friends
from mock_server.features.friends.runtime import FriendFunctions
from mock_server.features.groups import api as groups_api
from mock_server.features.groups import core as groups
from mock_server.features.groups.members import Members
from mock_server.features.groups.runtime import GroupFunctions
from mock_server.features.groups.runtime_members import MemberFunctions
from mock_server.features.health import api as health_api
from mock_server.features.leaderboards import core as leaderboards
from mock_server.features.leaderboards.runtime import LeaderboardFunctions
from mock_server.features.links import api as links_api
from mock_server.features.links.core import Links
from mock_server.features.links.runtime import LinkFunctions
from mock_server.features.moderation.core import Moderation
from mock_server.features.notifications import api as notifications_api
from mock_server.features.notifications import core as notifications
from mock_server.features.notifications.runtime import NotificationFunctions
from mock_server.features.parties import api as parties_api
from mock_server.features.ping import pipeline as ping_pipeline
from mock_server.features.purchases import api as purchases_api
from mock_server.features.push import api as push_api
from mock_server.features.push import devices, waiting
from mock_server.features.push.core import Push
from mock_server.features.push.pushes import Pushes
from mock_server.features.push.rpc import PushFunctions
from mock_server.features.rpc import pipeline as rpc_pipeline
from mock_server.features.sessions import api as sessions_api
from mock_server.features.sessions.core import Sessions
from mock_server.features.sessions.runtime import SessionFunctions
from mock_server.features.social import api as social_api
from mock_server.features.social.core import Social
from mock_server.features.status import pipeline as status_pipeline
from mock_server.features.status.core import StatusRegistry
from mock_server.features.storage import core as storage
from mock_server.features.storage.runtime import StorageFunctions
from mock_server.features.streams.core import Streams
from mock_server.features.streams.runtime import StreamFunctions
from mock_server.features.users import api as users_api
from mock_server.features.users.runtime import UserFunctions
from mock_server.features.wallets import core as wallets
from mock_server.features.wallets.runtime import WalletFunctions
from mock_server.http.application import HttpApp
from mock_server.http.gateway import Gateway
from mock_server.http.routing import RouteTable
from mock_server.http.rpc import RpcHandler
from mock_server.realtime.pipeline import Pipeline
from mock_server.realtime.registry import SessionRegistry
from mock_server.realtime.router import Router
from mock_server.realtime.tracker import Tracker
from mock_server.realtime.websocket_handler import WebsocketHandler
from mock_server.runtime.context import Contexts
from mock_server.runtime.events import Events
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.runtime.hooks import Hooks
from mock_server.runtime.nk import FunctionTable
from mock_server.runtime.python import InitModule
from mock_server.runtime.registration import RegistrationFunctions
from mock_server.runtime.registrations import Registrations
from mock_server.runtime.rpc import RpcFunctions
from mock_server.runtime.runtime import Runtime
from mock_server.runtime.tools.crypto import CryptoFunctions
from mock_server.runtime.tools.encoding import EncodingFunctions
from mock_server.runtime.tools.http import HttpFunctions
from mock_server.runtime.tools.logger import LoggerFunctions
from mock_server.runtime.tools.time import TimeFunctions
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
SCHEMA = "".join(module.SCHEMA for module in _STORED)


class Wiring:
    """One server, between its start or restart and its end.

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
        self._config = config
        self._clock = clock
        self._journal = journal
        self._faults = faults
        self._pushes = pushes
        self.store = store
        self.registry = SessionRegistry()
        self._tracker = tracker = Tracker()
        self._router = router = Router(self.registry, tracker)
        self._make_features(store, clock, tracker, router)
        self._registrations = Registrations()
        self._contexts = Contexts(config)
        self._events = Events(self._registrations, self._contexts, clock)
        self.rpcs = RpcFunctions(self._registrations)
        self.features = self._features()
        self.functions = FunctionTable(
            (*self._tools(), *(group for each in self.features for group in each.functions))
        )
        self.runtime = Runtime(
            config.runtime,
            functions=self.functions,
            registrations=self._registrations,
            contexts=self._contexts,
            events=self._events,
            rpcs={name: rpc for each in self.features for name, rpc in each.rpcs.items()},
        )

    def _make_features(self, store: Store, clock: Clock, tracker: Tracker, router: Router) -> None:
        """Make the rules of every feature, those first that others build on."""
        config, registry = self._config, self.registry
        self.accounts = accounts.Accounts(store, clock, tracker)
        self._sessions = Sessions(config.session, clock, self.accounts)
        self.notifications = notifications.Notifications(
            store, clock, registry, router, self.accounts
        )
        self._friends = friends.Friends(store, clock, tracker, self.accounts, self.notifications)
        self._social = Social(config.social, store, clock, self.notifications, self._friends)
        self._authentication = Authentication(store, self.accounts, self._social)
        self._links = Links(store, clock, self.accounts, self._social)
        self._groups = groups.Groups(store, clock, tracker)
        self._channels = channels.Channels(store, clock, tracker, router)
        self._history = ChannelHistory(store, self._groups)
        self._resolver = ChannelResolver(self.accounts, self._friends, self._groups)
        self._members = Members(
            store,
            clock,
            tracker,
            self.accounts,
            self.notifications,
            self._groups,
            self._channels,
        )
        self._moderation = Moderation(
            store, clock, registry, self._sessions, self.notifications, self._members
        )
        self._status = StatusRegistry(tracker, router)
        self._streams = Streams(tracker, router)
        self._storage = storage.Storage(store, clock, self.accounts)
        self._wallets = wallets.Wallets(store, clock, self.accounts)
        self._leaderboards = leaderboards.Leaderboards(store, clock)
        self.push = Push(
            config,
            store,
            clock,
            registry=registry,
            accounts=self.accounts,
            pushes=self._pushes,
        )
        self.notifications.sent.connect(self.push.notified)
        self._channels.direct_message_sent.connect(self.push.messaged)

    def _features(self) -> tuple[Feature, ...]:
        """What each feature offers; of two routes for a path the first one answers."""
        config, clock, store = self._config, self._clock, self.store
        return (
            Feature(routes=health_api.routes()),
            Feature(
                routes=authentication_api.routes(self._sessions, self._authentication),
                functions=(
                    AuthenticationFunctions(
                        config.session, clock, self._authentication, self._social
                    ),
                ),
            ),
            Feature(
                routes=sessions_api.routes(self._sessions),
                functions=(SessionFunctions(self.registry, self._sessions),),
                forget=self._sessions.cache.clear,
            ),
            Feature(
                routes=accounts_api.routes(self.accounts, self._moderation),
                functions=(AccountFunctions(store, self.accounts, self._moderation),),
            ),
            Feature(routes=links_api.routes(self._links), functions=(LinkFunctions(self._links),)),
            Feature(
                routes=users_api.routes(store, self.accounts),
                functions=(UserFunctions(store, self.accounts, self._moderation),),
            ),
            Feature(
                routes=notifications_api.routes(self.notifications),
                functions=(NotificationFunctions(self.notifications),),
            ),
            Feature(
                routes=friends_api.routes(store, self.accounts, self._friends),
                functions=(FriendFunctions(store, self.accounts, self._friends),),
            ),
            Feature(routes=social_api.routes(self._social)),
            Feature(
                routes=groups_api.routes(store, self.accounts, self._groups, self._members),
                functions=(
                    GroupFunctions(store, self._groups),
                    MemberFunctions(store, self.accounts, self._members),
                ),
            ),
            Feature(
                routes=channels_api.routes(self._history),
                requests=channels_pipeline.requests(
                    self._tracker, self.notifications, self._channels, self._resolver
                ),
                functions=(ChannelFunctions(self._channels, self._history, self._resolver),),
            ),
            Feature(routes=events_api.routes(self._events, self._contexts)),
            Feature(routes=purchases_api.routes()),
            Feature(routes=parties_api.routes()),
            Feature(requests=rpc_pipeline.requests(self.rpcs, self._contexts)),
            Feature(requests=ping_pipeline.requests()),
            Feature(requests=status_pipeline.requests(self._tracker, self.accounts, self._status)),
            Feature(
                functions=(
                    StreamFunctions(config.name, self.registry, self._tracker, self._router),
                )
            ),
            Feature(functions=(StorageFunctions(self._storage),)),
            Feature(functions=(WalletFunctions(self._wallets),)),
            Feature(functions=(LeaderboardFunctions(self._leaderboards),)),
            Feature(
                routes=push_api.routes(
                    config.push, self.accounts, self._sessions, self.push.registrar
                ),
                rpcs=PushFunctions(
                    config.onesignal, self.accounts, self.push.registrar
                ).functions(),
                start=self.push.resume,
                end=self.push.end,
                close=self.push.close,
            ),
        )

    def _tools(self) -> tuple[RuntimeFunctions, ...]:
        """The runtime functions that belong to no feature."""
        return (
            RegistrationFunctions(self._registrations, self._contexts, self._events),
            CryptoFunctions(),
            EncodingFunctions(),
            HttpFunctions(self._config),
            LoggerFunctions(),
            TimeFunctions(self._clock),
        )

    @property
    def console(self) -> ConsoleServices:
        """What the console's requests are about."""
        return ConsoleServices(self.store, self.notifications, self._moderation)

    def client_api(self) -> web.Application:
        """The application of the client API's port."""
        config, clock, journal = self._config, self._clock, self._journal
        table = RouteTable(route for each in self.features for route in each.routes)
        requests = (request for each in self.features for request in each.requests)
        hooks = Hooks(self._registrations, self._contexts, self._sessions)
        app = HttpApp(
            config.socket,
            table=table,
            gateway=Gateway(
                table, server_key=config.socket.server_key, sessions=self._sessions, hooks=hooks
            ),
            rpc=RpcHandler(
                http_key=config.runtime.http_key,
                sessions=self._sessions,
                rpcs=self.rpcs,
                contexts=self._contexts,
            ),
            websocket=WebsocketHandler(
                config,
                Pipeline(requests, hooks=hooks, journal=journal, clock=clock),
                sessions=self._sessions,
                registry=self.registry,
                tracker=self._tracker,
                status=self._status,
                notifications=self.notifications,
                events=self._events,
                faults=self._faults,
            ),
            sessions=self._sessions,
            faults=self._faults,
            journal=journal,
            clock=clock,
        ).app()
        app.on_shutdown.append(lambda _: self.registry.abort_all())
        return app

    async def start(self, registered: InitModule) -> None:
        """Load the server modules, and begin what works in the background.

        Args:
            registered: Registers what replaces the modules' functions.

        Raises:
            ModuleLoadError: A module fails; the message has file and line.
        """
        await self.runtime.start(registered)
        self._start_features()

    async def reset(self) -> None:
        """Drop the sockets, forget everything but the server modules, and load these anew."""
        await self.registry.abort_all()
        await self._end_features()
        await self.runtime.interrupt()
        self._pushes.reset()
        self.store.reset()
        self._forget()
        self._journal.clear()
        self._faults.clear()
        self._clock.reset()
        await self.runtime.load()
        self._start_features()

    async def restore(self, snapshot: bytes) -> None:
        """Drop the sockets, and replace everything that is stored."""
        await self.registry.abort_all()
        await self._end_features()
        self.store.restore(snapshot)
        self._forget()
        self._start_features()

    async def end(self) -> None:
        """Give up what is under way, as a process that is killed; the store stays open."""
        await self._end_features()
        await self.runtime.close()

    async def close(self) -> None:
        """Finish what is under way, and close the store."""
        for each in self.features:
            await each.close()
        await self.runtime.close()
        self.store.close()

    def _start_features(self) -> None:
        for each in self.features:
            each.start()

    async def _end_features(self) -> None:
        for each in self.features:
            await each.end()

    def _forget(self) -> None:
        for each in self.features:
            each.forget()
