"""An asyncio client for the Nakama game server: its client API, and the phones that get pushes.

async with Client("http://127.0.0.1:7350", server_key="defaultkey") as client:
    session = await client.authenticate_device("my-device-id")
    async with client.socket(session) as socket:
        async for notification in socket.notifications():
            print(notification.subject, notification.content)
"""

from importlib.metadata import version

from nakama_client.client import Client
from nakama_client.config import Endpoint, ReconnectPolicy, RetryPolicy, Timeouts
from nakama_client.cursors import CursorStore, FileCursorStore, MemoryCursorStore
from nakama_client.disconnect import ClosedBy, DisconnectCause, DisconnectReason
from nakama_client.errors import (
    Aborted,
    AlreadyExists,
    ApiError,
    ArgumentError,
    BadInput,
    Cancelled,
    ClientClosed,
    ConnectionFailed,
    ConnectionLost,
    DataLoss,
    DeadlineExceeded,
    FailedPrecondition,
    HandlerFailed,
    InternalError,
    InvalidArgument,
    InvalidJson,
    MalformedFrame,
    MessageTooLarge,
    NakamaError,
    NotConnected,
    NotFound,
    NotRegistered,
    OtherUser,
    OutOfRange,
    PermissionDenied,
    PushRefused,
    QueueOverflow,
    ReplyError,
    ReplyTooLarge,
    RequestRefused,
    ResourceExhausted,
    RestoreFailed,
    RpcError,
    RpcNotFound,
    SessionExpired,
    SessionReplaced,
    SocketError,
    StorageConflict,
    TimeoutExceeded,
    TooManyCalls,
    Unauthenticated,
    Unavailable,
    UnexpectedReply,
    Unimplemented,
    UnknownError,
    UnreadableItem,
    UserBanned,
    WrongLoop,
)
from nakama_client.events.exchanges import Exchange
from nakama_client.events.handlers import Function, Handler
from nakama_client.events.subscription import Subscription
from nakama_client.features.accounts import Account, AccountDevice
from nakama_client.features.authentication import (
    GameCenterCredentials,
)
from nakama_client.features.channel_messages import (
    ChannelMessage,
    ChannelMessageCode,
    ChannelMessagePage,
)
from nakama_client.features.channels import (
    Channel,
    ChannelMessageAck,
    ChannelPresenceEvent,
    ChannelType,
)
from nakama_client.features.friends import (
    Friend,
    FriendOfFriend,
    FriendOfFriendPage,
    FriendPage,
    FriendState,
)
from nakama_client.features.group_users import (
    GroupUser,
    GroupUserPage,
    GroupUserState,
    UserGroup,
    UserGroupPage,
)
from nakama_client.features.groups import Group, GroupPage
from nakama_client.features.joined_matches import (
    Match,
    MatchData,
    MatchPresenceEvent,
)
from nakama_client.features.joined_parties import (
    Party,
    PartyClose,
    PartyData,
    PartyLeader,
    PartyPresenceEvent,
    PartyUpdate,
)
from nakama_client.features.leaderboards import (
    LeaderboardOperator,
    LeaderboardRecord,
    LeaderboardRecordPage,
)
from nakama_client.features.matches import (
    ListedMatch,
)
from nakama_client.features.matchmaker import (
    MatchmakerCompletion,
    MatchmakerMatched,
    MatchmakerStats,
    MatchmakerUser,
)
from nakama_client.features.notifications import Notification, NotificationCode, NotificationPage
from nakama_client.features.parties import (
    ListedParty,
    PartyJoinRequest,
    PartyMatchmakerTicket,
    PartyPage,
)
from nakama_client.features.presences import UserPresence
from nakama_client.features.purchases import (
    StoreEnvironment,
    StoreProvider,
    ValidatedPurchase,
)
from nakama_client.features.push import PushRegistration
from nakama_client.features.rpc import RpcReply
from nakama_client.features.status import StatusPresenceEvent
from nakama_client.features.storage import (
    DeleteStorageObjectId,
    ReadStorageObjectId,
    StorageObject,
    StorageObjectAck,
    StorageObjectPage,
    StorageReadPermission,
    StorageWritePermission,
    WriteStorageObject,
)
from nakama_client.features.streams import Stream, StreamData, StreamPresenceEvent
from nakama_client.features.subscriptions import (
    SubscriptionPage,
    ValidatedSubscription,
)
from nakama_client.features.tournaments import (
    Tournament,
    TournamentPage,
)
from nakama_client.features.users import User
from nakama_client.feed import NotificationFeed
from nakama_client.feed_settings import Acknowledge
from nakama_client.protocol.codec import JsonObject
from nakama_client.protocol.paging import Page, PageIterator, Progress
from nakama_client.protocol.reconnect import Connected, Reconnecting
from nakama_client.protocol.retry import Retry
from nakama_client.protocol.tokens import Tokens
from nakama_client.push.device import PushDevice
from nakama_client.push.onesignal import ExternalUserId
from nakama_client.push.registration import DeviceType, RegistrationInfo
from nakama_client.push.website import RegistrationReply
from nakama_client.session import Session
from nakama_client.socket import Socket

__version__ = version("nakama-client")

__all__ = [
    "Aborted",
    "Account",
    "AccountDevice",
    "Acknowledge",
    "AlreadyExists",
    "ApiError",
    "ArgumentError",
    "BadInput",
    "Cancelled",
    "Channel",
    "ChannelMessage",
    "ChannelMessageAck",
    "ChannelMessageCode",
    "ChannelMessagePage",
    "ChannelPresenceEvent",
    "ChannelType",
    "Client",
    "ClientClosed",
    "ClosedBy",
    "Connected",
    "ConnectionFailed",
    "ConnectionLost",
    "CursorStore",
    "DataLoss",
    "DeadlineExceeded",
    "DeleteStorageObjectId",
    "DeviceType",
    "DisconnectCause",
    "DisconnectReason",
    "Endpoint",
    "Exchange",
    "ExternalUserId",
    "FailedPrecondition",
    "FileCursorStore",
    "Friend",
    "FriendOfFriend",
    "FriendOfFriendPage",
    "FriendPage",
    "FriendState",
    "Function",
    "GameCenterCredentials",
    "Group",
    "GroupPage",
    "GroupUser",
    "GroupUserPage",
    "GroupUserState",
    "Handler",
    "HandlerFailed",
    "InternalError",
    "InvalidArgument",
    "InvalidJson",
    "JsonObject",
    "LeaderboardOperator",
    "LeaderboardRecord",
    "LeaderboardRecordPage",
    "ListedMatch",
    "ListedParty",
    "MalformedFrame",
    "Match",
    "MatchData",
    "MatchPresenceEvent",
    "MatchmakerCompletion",
    "MatchmakerMatched",
    "MatchmakerStats",
    "MatchmakerUser",
    "MemoryCursorStore",
    "MessageTooLarge",
    "NakamaError",
    "NotConnected",
    "NotFound",
    "NotRegistered",
    "Notification",
    "NotificationCode",
    "NotificationFeed",
    "NotificationPage",
    "OtherUser",
    "OutOfRange",
    "Page",
    "PageIterator",
    "Party",
    "PartyClose",
    "PartyData",
    "PartyJoinRequest",
    "PartyLeader",
    "PartyMatchmakerTicket",
    "PartyPage",
    "PartyPresenceEvent",
    "PartyUpdate",
    "PermissionDenied",
    "Progress",
    "PushDevice",
    "PushRefused",
    "PushRegistration",
    "QueueOverflow",
    "ReadStorageObjectId",
    "ReconnectPolicy",
    "Reconnecting",
    "RegistrationInfo",
    "RegistrationReply",
    "ReplyError",
    "ReplyTooLarge",
    "RequestRefused",
    "ResourceExhausted",
    "RestoreFailed",
    "Retry",
    "RetryPolicy",
    "RpcError",
    "RpcNotFound",
    "RpcReply",
    "Session",
    "SessionExpired",
    "SessionReplaced",
    "Socket",
    "SocketError",
    "StatusPresenceEvent",
    "StorageConflict",
    "StorageObject",
    "StorageObjectAck",
    "StorageObjectPage",
    "StorageReadPermission",
    "StorageWritePermission",
    "StoreEnvironment",
    "StoreProvider",
    "Stream",
    "StreamData",
    "StreamPresenceEvent",
    "Subscription",
    "SubscriptionPage",
    "TimeoutExceeded",
    "Timeouts",
    "Tokens",
    "TooManyCalls",
    "Tournament",
    "TournamentPage",
    "Unauthenticated",
    "Unavailable",
    "UnexpectedReply",
    "Unimplemented",
    "UnknownError",
    "UnreadableItem",
    "User",
    "UserBanned",
    "UserGroup",
    "UserGroupPage",
    "UserPresence",
    "ValidatedPurchase",
    "ValidatedSubscription",
    "WriteStorageObject",
    "WrongLoop",
    "__version__",
]
