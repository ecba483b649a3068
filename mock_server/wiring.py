"""Makes every part of a running server, in the order of dependency.

This is the one place that knows all. A new feature is one line in `Wiring._features`, with what it
needs as arguments, and one in `schema.py` if it has tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from mock_server.config import Config
from mock_server.console.login_attempts import LoginAttempts
from mock_server.feature import Feature
from mock_server.features.account_export.core import AccountExports
from mock_server.features.account_export.feature import account_export_feature
from mock_server.features.account_export.importing import AccountImports
from mock_server.features.accounts import core as accounts_core
from mock_server.features.accounts.feature import accounts_feature
from mock_server.features.authentication.feature import authentication_feature
from mock_server.features.channels import core as channels_core
from mock_server.features.channels.feature import channels_feature
from mock_server.features.channels.history import ChannelHistory
from mock_server.features.events.feature import events_feature
from mock_server.features.friends import core as friends_core
from mock_server.features.friends.feature import friends_feature
from mock_server.features.groups import core as groups_core
from mock_server.features.groups.feature import groups_feature
from mock_server.features.groups.members import GroupMembers
from mock_server.features.health.feature import health_feature
from mock_server.features.leaderboards import boards as boards_core
from mock_server.features.leaderboards.core import Leaderboards
from mock_server.features.leaderboards.feature import leaderboards_feature
from mock_server.features.leaderboards.ranks import Ranks
from mock_server.features.leaderboards.records import Records
from mock_server.features.links.feature import links_feature
from mock_server.features.matches.feature import matches_feature
from mock_server.features.matches.listing import MatchListing
from mock_server.features.matches.registry import MatchRegistry
from mock_server.features.matches.tokens import MatchTokens
from mock_server.features.matchmaker.core import Matchmaker
from mock_server.features.matchmaker.feature import matchmaker_feature
from mock_server.features.matchmaker.hook import MatchedHook
from mock_server.features.moderation.core import Moderation
from mock_server.features.multi_update.feature import multi_update_feature
from mock_server.features.notifications import core as notifications_core
from mock_server.features.notifications.feature import notifications_feature
from mock_server.features.parties.feature import parties_feature
from mock_server.features.parties.registry import PartyRegistry
from mock_server.features.ping.feature import ping_feature
from mock_server.features.purchases import core as purchases_core
from mock_server.features.purchases.feature import purchases_feature
from mock_server.features.push.core import PushService
from mock_server.features.push.feature import push_feature
from mock_server.features.push.push_log import PushLog
from mock_server.features.push.sources import RuleSources
from mock_server.features.rpc.feature import rpc_feature
from mock_server.features.sessions.core import Sessions
from mock_server.features.sessions.feature import sessions_feature
from mock_server.features.social.core import Social
from mock_server.features.social.feature import social_feature
from mock_server.features.status.core import StatusRegistry
from mock_server.features.status.feature import status_feature
from mock_server.features.storage import core as storage_core
from mock_server.features.storage.feature import storage_feature
from mock_server.features.streams.feature import streams_feature
from mock_server.features.tournaments.core import Tournaments
from mock_server.features.tournaments.feature import tournaments_feature
from mock_server.features.users.feature import users_feature
from mock_server.features.wallets import core as wallets_core
from mock_server.features.wallets.feature import wallets_feature
from mock_server.grpc.calls import GrpcCalls
from mock_server.grpc.rpc import GrpcRpc
from mock_server.http.application import HttpApp
from mock_server.http.gateway import Gateway
from mock_server.http.routing import RouteTable
from mock_server.http.rpc import RpcHandler
from mock_server.lifecycle import Lifecycle
from mock_server.operations import Operations
from mock_server.realtime.pipeline import Pipeline
from mock_server.realtime.registry import SessionRegistry
from mock_server.realtime.router import Router
from mock_server.realtime.tracker import Tracker
from mock_server.realtime.websocket_handler import WebsocketHandler
from mock_server.runtime.board_callbacks import BoardCallbacks
from mock_server.runtime.context import Contexts
from mock_server.runtime.events import Events
from mock_server.runtime.hooks import Hooks
from mock_server.runtime.nk import FunctionTable
from mock_server.runtime.purchase_callbacks import PurchaseCallbacks
from mock_server.runtime.registration import RegistrationFunctions
from mock_server.runtime.registrations import Registrations
from mock_server.runtime.rpc import RpcFunctions
from mock_server.runtime.runtime import Runtime
from mock_server.runtime.settings import runtime_settings
from mock_server.runtime.tools.groups import tool_functions
from mock_server.runtime.tools.metrics import Metrics
from mock_server.sql.database import Database
from server_kit import Clock, Faults, Journal, Store

if TYPE_CHECKING:
    from mock_server.console.services import ConsoleServices


class Wiring:
    """One server, between its start or restart and its end.

    Args:
        config: Its settings.
        clock: Its time.
        store: Its database, made with `SCHEMA`.
        journal: Where requests and frames are written down.
        faults: What goes wrong on purpose.
        pushes: What becomes a push, and what became of it.
        database: Where server modules run SQL.
    """

    def __init__(
        self,
        config: Config,
        clock: Clock,
        store: Store,
        journal: Journal,
        faults: Faults,
        pushes: PushLog,
        database: Database,
    ) -> None:
        self._config = config
        self._clock = clock
        self._journal = journal
        self._faults = faults
        self._pushes = pushes
        self.store = store
        self.registry = SessionRegistry()
        self.metrics = Metrics()
        self._tracker = tracker = Tracker()
        self._router = router = Router(self.registry, tracker)
        self._make_shared(store, clock, tracker, router)
        self._connect_push()
        self._registrations = Registrations()
        self._contexts = Contexts(config.name, config.runtime.env)
        self._events = Events(self._registrations, self._contexts, clock)
        self._events.generated.connect(self.push.triggers.generated)
        self.rpcs = RpcFunctions(self._registrations)
        self.rpcs.called.connect(self.push.triggers.called)
        self.push_sources = RuleSources(self._pushes.rules, self.rpcs.ids)
        self._events.generated.connect(self.push_sources.generated)
        self._hooks = Hooks(self._registrations, self._contexts, self._sessions)
        self._operations = Operations(
            server_key=config.socket.server_key, sessions=self._sessions, hooks=self._hooks
        )
        self._matches = MatchRegistry(
            config.name,
            config.match,
            clock,
            outgoing_queue_size=config.socket.outgoing_queue_size,
            registry=self.registry,
            tracker=tracker,
            router=router,
            registrations=self._registrations,
            contexts=self._contexts,
        )
        self._match_listing = MatchListing(self._matches, tracker)
        self._match_tokens = MatchTokens(config.session.encryption_key, clock)
        self.matchmaker = Matchmaker(
            config.matchmaker,
            clock,
            router=router,
            tokens=self._match_tokens,
            hook=MatchedHook(config.name, self._registrations, self._contexts),
        )
        self._parties = PartyRegistry(
            config.name, config.party, clock, tracker=tracker, matchmaker=self.matchmaker
        )
        self.features = self._features()
        functions = FunctionTable(
            (
                RegistrationFunctions(self._registrations, self._contexts, self._events),
                *tool_functions(config, clock, self.metrics, database),
                *(group for each in self.features for group in each.functions),
            )
        )
        self.runtime = Runtime(
            config.runtime,
            functions=functions,
            registrations=self._registrations,
            contexts=self._contexts,
            events=self._events,
            rpcs={name: rpc for each in self.features for name, rpc in each.rpcs.items()},
            settings=runtime_settings(config),
            now=clock.time,
        )
        self.runtime.loaded.connect(lambda _: self.push_sources.check())
        self._login_attempts = LoginAttempts(clock)
        self.lifecycle = Lifecycle(
            store,
            self.registry,
            self.features,
            self.runtime,
            emptied=(
                pushes.reset,
                self.push_sources.forget,
                self.metrics.clear,
                journal.clear,
                faults.clear,
                clock.reset,
                self._login_attempts.reset,
            ),
            grace=config.shutdown_grace_sec,
        )

    def _make_shared(self, store: Store, clock: Clock, tracker: Tracker, router: Router) -> None:
        """Make the rules that several features need, those first that others build on."""
        config, registry = self._config, self.registry
        self.accounts = accounts_core.Accounts(store, clock, tracker)
        self._sessions = Sessions(config.session, clock, self.accounts)
        self.notifications = notifications_core.Notifications(
            store, clock, registry, router, self.accounts
        )
        self._friends = friends_core.Friends(
            store, clock, tracker, self.accounts, self.notifications
        )
        self._social = Social(config.social, store, clock, self.notifications, self._friends)
        self._groups = groups_core.Groups(store, clock, tracker)
        self._channels = channels_core.Channels(store, clock, tracker, router)
        self._members = GroupMembers(
            store,
            clock,
            tracker,
            self.accounts,
            self.notifications,
            self._groups,
            self._channels,
        )
        self._storage = storage_core.Storage(store, clock)
        self._wallets = wallets_core.Wallets(store, clock, self.accounts)
        self._exports = AccountExports(store, self.accounts, self.notifications, self._wallets)
        self._imports = AccountImports(store, self.accounts, self._storage)
        self.purchases = purchases_core.Purchases(config.purchases, store, clock, self.accounts)
        self._ranks = Ranks(store)
        self._boards = boards_core.Boards(store, clock, self._ranks)
        self._records = Records(store, clock, self._ranks)
        self._moderation = Moderation(
            store,
            clock,
            registry,
            self._sessions,
            self.notifications,
            self._members,
            self._records,
        )
        self._status = StatusRegistry(tracker, router)
        self.push = PushService(
            config.onesignal,
            config.push,
            store,
            clock,
            registry=registry,
            tracker=tracker,
            sessions=self._sessions.devices,
            accounts=self.accounts,
            storage=self._storage,
            groups=self._groups,
            find_function=lambda name: self.runtime.python_function(name),
            pushes=self._pushes,
        )

    def _connect_push(self) -> None:
        """Let the push service handle what others announce."""
        registry = self.registry
        self._sessions.started.connect(self.push.seen)
        for change in (registry.added, registry.removed):
            change.connect(lambda session: self.push.seen(session.identity))
        self.notifications.sent.connect(self.push.triggers.notified)
        self._channels.message_sent.connect(self.push.triggers.messaged)
        self._channels.joined.connect(self.push.chat.joined)
        self._channels.left.connect(self.push.chat.left)

    def _features(self) -> tuple[Feature, ...]:
        """What each feature offers; of two routes for a path the first one answers."""
        config, store, clock = self._config, self.store, self._clock
        registry, tracker, router = self.registry, self._tracker, self._router
        events, contexts = self._events, self._contexts
        accounts, sessions, moderation = self.accounts, self._sessions, self._moderation
        notifications, friends, social = self.notifications, self._friends, self._social
        groups, members, channels = self._groups, self._members, self._channels
        boards, records, ranks = self._boards, self._records, self._ranks
        board_callbacks = BoardCallbacks(self._registrations, contexts)
        return (
            health_feature(),
            authentication_feature(
                config.session, config.social, store, clock, accounts, sessions, social
            ),
            sessions_feature(registry, sessions),
            accounts_feature(store, accounts, moderation),
            account_export_feature(accounts, self._exports, self._imports),
            links_feature(config.social, store, clock, accounts, social),
            users_feature(store, accounts, moderation),
            notifications_feature(notifications),
            friends_feature(store, accounts, friends),
            social_feature(social),
            groups_feature(store, accounts, groups, members),
            channels_feature(store, tracker, accounts, notifications, friends, groups, channels),
            events_feature(events, contexts),
            purchases_feature(self.purchases, PurchaseCallbacks(self._registrations, contexts)),
            matches_feature(
                clock,
                registry,
                tracker,
                router,
                contexts,
                self._matches,
                self._match_listing,
                self._match_tokens,
                node=config.name,
                is_single_match=config.session.single_match,
                grace=config.shutdown_grace_sec,
            ),
            matchmaker_feature(registry, self.matchmaker),
            parties_feature(
                registry,
                tracker,
                router,
                self.matchmaker,
                self._parties,
                is_single_party=config.session.single_party,
            ),
            rpc_feature(self.rpcs, contexts),
            ping_feature(),
            status_feature(registry, tracker, accounts, self._status),
            streams_feature(config.name, registry, tracker, router),
            storage_feature(self._storage, self._registrations, contexts),
            wallets_feature(self._wallets),
            multi_update_feature(store, accounts, self._storage, self._wallets),
            leaderboards_feature(clock, boards, records, ranks),
            tournaments_feature(store, clock, boards, records, ranks, board_callbacks),
            push_feature(config.onesignal, config.push, accounts, sessions, self.push),
        )

    @property
    def console(self) -> ConsoleServices:
        """The objects that the console's requests use."""
        from mock_server.console.services import ConsoleServices  # most servers are never asked

        store = self.store
        return ConsoleServices(
            config=self._config,
            clock=self._clock,
            store=store,
            accounts=self.accounts,
            notifications=self.notifications,
            moderation=self._moderation,
            friends=self._friends,
            groups=self._groups,
            members=self._members,
            history=ChannelHistory(store, self._groups),
            storage=self._storage,
            wallets=self._wallets,
            exports=self._exports,
            imports=self._imports,
            purchases=self.purchases,
            boards=self._boards,
            leaderboards=Leaderboards(self._clock, self._boards, self._records),
            tournaments=Tournaments(store, self._clock, self._boards, self._records),
            matches=self._matches,
            match_listing=self._match_listing,
            matchmaker=self.matchmaker,
            parties=self._parties,
            sessions=self._sessions,
            devices=self.push.devices,
            registry=self.registry,
            tracker=self._tracker,
            rpcs=self.rpcs,
            contexts=self._contexts,
            api_routes=tuple(route for each in self.features for route in each.routes),
            operations=self._operations,
            runtime=self.runtime,
            login_attempts=self._login_attempts,
        )

    def client_api(self) -> web.Application:
        """The application of the client API's port."""
        config, clock, journal = self._config, self._clock, self._journal
        table = RouteTable(route for each in self.features for route in each.routes)
        requests = (request for each in self.features for request in each.requests)
        app = HttpApp(
            config.socket,
            table=table,
            gateway=Gateway(table, self._operations),
            rpc=RpcHandler(
                http_key=config.runtime.http_key,
                sessions=self._sessions,
                rpcs=self.rpcs,
                contexts=self._contexts,
            ),
            websocket=WebsocketHandler(
                config.socket,
                Pipeline(
                    requests, router=self._router, hooks=self._hooks, journal=journal, clock=clock
                ),
                node=config.name,
                is_single_socket=config.session.single_socket,
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

    def grpc_calls(self) -> GrpcCalls:
        """What answers the calls of the gRPC port."""
        config = self._config
        return GrpcCalls(
            (route for each in self.features for route in each.routes),
            operations=self._operations,
            rpc=GrpcRpc(
                http_key=config.runtime.http_key,
                operations=self._operations,
                rpcs=self.rpcs,
                contexts=self._contexts,
            ),
            limit=config.socket.max_request_size_bytes,
            faults=self._faults,
            journal=self._journal,
            clock=self._clock,
        )
