"""The settings of a mock server, under Nakama's own names.

A setting is called by its dotted name everywhere: `Config().session.token_expiry_sec` in Python,
`--session.token_expiry_sec` on the command line. Defaults are those of Nakama 3.40, except that
port 0 takes a free one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from attrs import field, frozen, validators

from mock_server.features.push.rules import PushRule, read_rules
from mock_server.features.push.targets import check_target
from mock_server.setting_names import changed, check_kind, names_of, problem_of
from mock_server.sql.address import read_address

DEVICE_SOURCES = re.compile(r"|metadata|storage:[^/]+/.+|function:\w[\w.]*\.\w+")
STORES = ("apple", "google", "huawei", "facebook", "samsung")

# What Nakama refuses to start with, too.
_POSITIVE = validators.ge(1)
_GIVEN: Any = validators.min_len(1)
_PORT = validators.and_(validators.ge(0), validators.lt(1 << 16))


def _tuple(values: Iterable[str]) -> tuple[str, ...]:
    """Python's own, of which attrs would parse the signature: 2 ms of a start."""
    return tuple(values)


class UnknownSetting(ValueError):
    """A setting that Nakama, or this mock of it, does not have."""


@frozen
class SessionConfig:
    """`session.*`: tokens, and how many sessions a user may have. Lifetimes are in seconds."""

    token_expiry_sec: int = field(default=60, validator=_POSITIVE)
    refresh_token_expiry_sec: int = field(default=3600, validator=_POSITIVE)
    encryption_key: str = field(default="defaultencryptionkey", validator=_GIVEN, repr=False)
    refresh_encryption_key: str = field(
        default="defaultrefreshencryptionkey", validator=_GIVEN, repr=False
    )
    single_socket: bool = False
    single_session: bool = False
    single_match: bool = False
    single_party: bool = False

    def __attrs_post_init__(self) -> None:
        """Refuse what Nakama refuses to start with."""
        for name in ("single_match", "single_party"):
            if getattr(self, name) and not self.single_socket:
                raise ValueError(f"session.{name} needs session.single_socket")


@frozen
class SocketConfig:
    """`socket.*`: the client API's port, its key and its limits in bytes and milliseconds.

    With `ssl_certificate` and `ssl_private_key`, two files in PEM, it speaks TLS.
    """

    address: str = "127.0.0.1"
    port: int = field(default=0, validator=_PORT)
    server_key: str = field(default="defaultkey", validator=_GIVEN, repr=False)
    max_message_size_bytes: int = field(default=4096, validator=_POSITIVE)
    max_request_size_bytes: int = field(default=262_144, validator=_POSITIVE)
    ping_period_ms: int = field(default=15_000, validator=_POSITIVE)
    pong_wait_ms: int = field(default=25_000, validator=_POSITIVE)
    ping_backoff_threshold: int = field(default=20, validator=_POSITIVE)
    close_ack_wait_ms: int = 2000
    outgoing_queue_size: int = field(default=64, validator=_POSITIVE)
    ssl_certificate: str = ""
    ssl_private_key: str = ""

    def __attrs_post_init__(self) -> None:
        """Refuse what Nakama refuses to start with."""
        if bool(self.ssl_certificate) != bool(self.ssl_private_key):
            raise ValueError("TLS needs both socket.ssl_certificate and socket.ssl_private_key")


@frozen
class ConsoleConfig:
    """`console.*`: the operators' API."""

    address: str = "127.0.0.1"
    port: int = field(default=0, validator=_PORT)
    username: str = field(default="admin", validator=_GIVEN)
    password: str = field(default="password", validator=_GIVEN, repr=False)
    signing_key: str = field(default="defaultsigningkey", validator=_GIVEN, repr=False)


@frozen
class ControlConfig:
    """`control.*`, the mock's own: `/_control` and the pages on the console's port.

    Requests name this machine by a loopback name in `Host`; `allow_host` adds names, as a
    container's. On an address of the network (`console.address`) they need the console's login.
    """

    allow_host: tuple[str, ...] = field(default=(), converter=_tuple)


@frozen
class GrpcConfig:
    """`grpc.*`, the mock's own: the port of gRPC.

    -1 is `socket.port` - 1, as in Nakama, if the extra `grpc` is installed; with a `socket.port` of
    0, gRPC is then not served. 0 takes a free one.
    """

    port: int = field(
        default=-1, validator=validators.and_(validators.ge(-1), validators.lt(1 << 16))
    )


@frozen
class RuntimeConfig:
    """`runtime.*`: server modules.

    `lua_min_count` Lua states are made at the start, more up to `lua_max_count` when calls come at
    the same time. `js_entrypoint` is the bundle's file below `path` (`index.js` when empty), and
    `js_min_count` contexts take its calls in turn, up to `js_max_count` at the same time;
    `js_read_only_globals` freezes what its globals hold. `lua_time_limit_sec`, `js_time_limit_sec`,
    `watch` and `allow_http` are the mock's own: how long a call's own code may run, whether changed
    modules are reloaded, and which hosts outside of this machine `nk.http_request` may call.
    """

    path: str = ""
    http_key: str = field(default="defaulthttpkey", validator=_GIVEN, repr=False)
    env: tuple[str, ...] = field(default=(), converter=_tuple, repr=False)
    lua_min_count: int = field(default=1, validator=validators.ge(1))
    lua_max_count: int = field(default=48, validator=validators.ge(1))
    lua_time_limit_sec: float = field(default=10.0, validator=validators.gt(0.0))
    js_entrypoint: str = ""
    js_min_count: int = field(default=16, validator=validators.ge(1))
    js_max_count: int = field(default=32, validator=validators.ge(1))
    js_read_only_globals: bool = True
    js_time_limit_sec: float = field(default=2.0, validator=validators.gt(0.0))
    watch: bool = False
    allow_http: tuple[str, ...] = field(default=(), converter=_tuple)


def _addresses(given: Iterable[str]) -> tuple[str, ...]:
    """The addresses of databases.

    Raises:
        ValueError: One is none.
    """
    addresses = tuple(given)
    for address in addresses:
        try:
            read_address(address)
        except ValueError as error:
            raise ValueError(f"database.address: {error}") from None
    return addresses


@frozen
class DatabaseConfig:
    """`database.*`: the PostgreSQL database in which server modules run SQL.

    It is the game's own; the mock's own state is never in it. Without an `address` (as
    `user:password@host:port/database`; of several the first one counts, as in Nakama) `nk.sql_*`
    are refused. `max_open_conns` connections are open at most. `time_limit_sec` is the mock's own:
    how long a statement may run.
    """

    address: tuple[str, ...] = field(default=(), converter=_addresses, repr=False)
    max_open_conns: int = field(default=100, validator=_POSITIVE)
    time_limit_sec: float = field(default=10.0, validator=validators.gt(0.0))


@frozen
class OneSignalConfig:
    """`onesignal.*`, the mock's own: where pushes go, and with which app and key."""

    url: str = ""
    app_id: str = "someappid"
    rest_key: str = field(default="someapikey", repr=False)


def _check_device_source(_: Any, __: Any, value: object) -> None:
    if not isinstance(value, str) or not DEVICE_SOURCES.fullmatch(value):
        raise ValueError(
            "push.device_source must be metadata, storage:COLLECTION/KEY, "
            f"function:MODULE.FUNCTION or nothing, not {value!r}"
        )


@frozen
class PushConfig:
    """`push.*`, the mock's own: devices, and what becomes a push.

    Attributes:
        on_event: What becomes a push: `PushRule` objects, mappings with their fields, or the name
            of a JSON file with a list of such mappings.
        target: `player_id` sends to the devices that registered here, `external_user_id` to those
            on which OneSignal knows the user's id as external user id. Where the game uses another
            id there, `external_user_id:` is followed by `email`, `custom_id`, `metadata:FIELD` or
            `function:MODULE.FUNCTION` (of a server module in Python, called with `nk` and the
            user's id). A rule may have a target of its own.
        device_source: Where to find the devices of a user who has registered none here: `metadata`
            (the account's `os_player_id` or list `os_player_ids`), `storage:COLLECTION/KEY` (an
            object of the user with these), `function:MODULE.FUNCTION` (of a server module in
            Python, called with `nk` and the user's id), or nothing.
        device_expiry_sec: After how many seconds without a registration, login or open socket of
            its user a device is forgotten; 0 is never.
        registration_path: Where the client API takes registrations by POST; empty is nowhere, as
            in Nakama.
        registration_cookie: The cookie that may hold the session token there; empty is none.
        queue_size: How many pushes may wait for OneSignal; those beyond are recorded as failed.
        timeout_sec: How many seconds one request to OneSignal may take.

    Raises:
        InvalidRule: A rule can't be read.
        ValueError: Another setting is out of range.
    """

    on_event: tuple[PushRule, ...] = field(default=(), converter=read_rules)
    target: str = field(default="player_id", validator=check_target)
    device_source: str = field(default="metadata", validator=_check_device_source)
    device_expiry_sec: int = field(default=30 * 86_400, validator=validators.ge(0))
    registration_path: str = field(
        default="/push/registration", validator=validators.matches_re("(/.+)?")
    )
    registration_cookie: str = "session"
    queue_size: int = field(default=1000, validator=validators.ge(1))
    timeout_sec: float = field(default=5.0, validator=validators.gt(0.0))


@frozen
class MatchConfig:
    """`match.*`: how much may wait for a match handler, and how long a match may be empty.

    Beyond `input_queue_size` messages in one tick are dropped; further join attempts and signals
    are refused; further deferred broadcasts are an error. A joiner who does not appear within
    `join_marker_deadline_ms` is removed. `max_empty_sec` ends a match without members; 0 is never.
    The list of matches follows the labels every `label_update_interval_ms`.
    """

    input_queue_size: int = field(default=128, validator=_POSITIVE)
    join_attempt_queue_size: int = field(default=128, validator=_POSITIVE)
    signal_queue_size: int = field(default=10, validator=_POSITIVE)
    deferred_queue_size: int = field(default=128, validator=_POSITIVE)
    join_marker_deadline_ms: int = field(default=15_000, validator=_POSITIVE)
    max_empty_sec: int = field(default=0, validator=validators.ge(0))
    label_update_interval_ms: int = field(default=1000, validator=_POSITIVE)


@frozen
class MatchmakerConfig:
    """`matchmaker.*`: how players are brought together.

    Every `interval_sec` seconds the matchmaker looks for players who fit. A session or party has at
    most `max_tickets` tickets; a ticket waits for `max_count` players during `max_intervals`
    intervals, and then takes fewer. With `rev_precision` the queries of both have to fit, else one
    is enough.
    """

    max_tickets: int = field(default=3, validator=_POSITIVE)
    interval_sec: int = field(default=15, validator=_POSITIVE)
    max_intervals: int = field(default=2, validator=_POSITIVE)
    rev_precision: bool = False


@frozen
class PartyConfig:
    """`party.*`: in milliseconds.

    The list of parties follows the labels every `label_update_interval_ms`. Empty parties are
    looked for every `idle_check_interval_ms`; one found empty twice is closed. 0 is never.
    """

    label_update_interval_ms: int = field(default=1000, validator=_POSITIVE)
    idle_check_interval_ms: int = field(default=30_000, validator=validators.ge(0))


@frozen
class SteamConfig:
    """`social.steam.*`: log in with Steam is configured where both are set."""

    publisher_key: str = field(default="", repr=False)
    app_id: int = 0


@frozen
class AppleConfig:
    """`social.apple.*`: log in with Apple is configured where `bundle_id` is set."""

    bundle_id: str = ""


@frozen
class SocialConfig:
    """`social.*`: the social networks that players come from."""

    apple: AppleConfig = AppleConfig()
    steam: SteamConfig = SteamConfig()


def _stores(names: tuple[str, ...]) -> tuple[str, ...]:
    """The stores that are given, each once.

    Raises:
        ValueError: There is no such store.
    """
    for name in names:
        if name not in STORES:
            raise ValueError(f"purchases.accept: {name!r} is none of {', '.join(STORES)}")
    return tuple(dict.fromkeys(names))


@frozen
class PurchasesConfig:
    """`purchases.*`, the mock's own: `accept` names the stores whose receipts are taken.

    They are receipts of the mock's own, as `apple:sword:t-1`; no store is asked. Without it
    purchases are refused, as by a Nakama that has no store configured.
    """

    accept: tuple[str, ...] = field(default=(), converter=_stores)


@frozen
class Config:
    """All settings of one mock server.

    Attributes:
        name: The server's name, as matches and presences show it.
        shutdown_grace_sec: How many seconds match handlers get to end when the server stops; with 0
            `match_terminate` is not called.
    """

    name: str = "nakama"
    shutdown_grace_sec: int = field(default=0, validator=validators.ge(0))
    session: SessionConfig = SessionConfig()
    socket: SocketConfig = SocketConfig()
    console: ConsoleConfig = ConsoleConfig()
    control: ControlConfig = ControlConfig()
    grpc: GrpcConfig = GrpcConfig()
    runtime: RuntimeConfig = RuntimeConfig()
    database: DatabaseConfig = DatabaseConfig()
    match: MatchConfig = MatchConfig()
    matchmaker: MatchmakerConfig = MatchmakerConfig()
    party: PartyConfig = PartyConfig()
    social: SocialConfig = SocialConfig()
    onesignal: OneSignalConfig = OneSignalConfig()
    push: PushConfig = PushConfig()
    purchases: PurchasesConfig = PurchasesConfig()

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Build a configuration from dotted names.

        Args:
            settings: As `{"session.token_expiry_sec": 7200}`; what is left out keeps its default.

        Raises:
            UnknownSetting: There is no setting of that name; the message has the nearest one.
            ValueError: A value is of another type than its default, or out of range.
        """
        known = dict(cls.names())
        for name, value in settings.items():
            if name not in known:
                raise UnknownSetting(problem_of(name, known))
            check_kind(name, value, known[name])
        config: Self = changed(cls(), settings)
        return config

    @classmethod
    def names(cls) -> Iterator[tuple[str, Any]]:
        """Every dotted name with its default."""
        yield from names_of(cls(), "")


def given(config: object) -> Config:
    """The configuration that the caller gives, or the default one for None.

    Raises:
        TypeError: It is something else.
    """
    if config is None:
        return Config()
    if isinstance(config, Config):
        return config
    kind = type(config).__name__
    raise TypeError(f"config must be a Config, not {kind}; Config.from_settings({{…}}) makes one")
