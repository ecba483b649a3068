"""The errors of this package.

```
NakamaError
├── ArgumentError (ValueError)         refused before sending; the text says the server's rule
│   └── MessageTooLarge                a realtime message over the size the server reads
├── ClientClosed                       the client was closed
├── OtherUser                          a session was renewed with one of somebody else
├── TooManyCalls                       a game client has too many calls in flight
├── WrongLoop                          a socket or feed is used outside of the loop that opened it
├── ConnectionFailed                   no answer: refused, reset, unknown host, TLS
├── TimeoutExceeded (TimeoutError)     a deadline passed
├── SessionExpired                     the session can't be refreshed: authenticate again
├── ReplyError                         the server answered, but not with what was asked for
│   ├── ApiError                       Nakama's own refusal, with its code and message
│   │   ├── Cancelled (1) · UnknownError (2) · InvalidArgument (3) · DeadlineExceeded (4)
│   │   │                                    └── StorageConflict: another version is there
│   │   ├── NotFound (5) · AlreadyExists (6) · PermissionDenied (7) · ResourceExhausted (8)
│   │   ├── FailedPrecondition (9) · Aborted (10) · OutOfRange (11) · Unimplemented (12)
│   │   ├── InternalError (13) · Unavailable (14) · DataLoss (15) · Unauthenticated (16)
│   │   └── RequestRefused             the same over the socket; also a SocketError
│   │       ├── BadInput               also an InvalidArgument
│   │       ├── RpcNotFound            also a NotFound
│   │       └── RpcError               the function itself failed
│   ├── UnexpectedReply                a body that is not Nakama's, an HTML page of a proxy
│   │   └── MalformedFrame             the same over the socket, which stays open; a SocketError
│   ├── ReplyTooLarge                  an answer of more bytes than the client reads
│   └── PushRefused                    OneSignal refuses what a device asks
├── NotRegistered                      a device has no player id at OneSignal
├── InvalidJson (ValueError)           text that should hold a JSON object and doesn't
├── UnreadableItem                     an item of a list or a frame that can't be read
└── SocketError
    ├── NotConnected                   the socket is not open
    ├── ConnectionLost                 it closed while a call waited; keeps the reason
    │   ├── SessionReplaced            another socket of this user replaced it (-7)
    │   └── UserBanned                 the account was banned (-8)
    ├── RestoreFailed                  what was joined or followed did not come back on reconnecting
    ├── HandlerFailed                  a handler raised; the cause is what it raised
    └── QueueOverflow                  handlers are too slow; says how many events were dropped
```

One failure has one class, over HTTP and over the socket: `except NotFound` also catches the
`RpcNotFound` of a socket. No error holds a token, a key or a password, and none has a library's
error, which might hold one, as its cause or context.
"""

from nakama_client.errors.calls import (
    ArgumentError,
    ClientClosed,
    ConnectionFailed,
    InvalidJson,
    MessageTooLarge,
    NakamaError,
    NotRegistered,
    OtherUser,
    SessionExpired,
    TimeoutExceeded,
    TooManyCalls,
    UnreadableItem,
    WrongLoop,
)
from nakama_client.errors.replies import (
    Aborted,
    AlreadyExists,
    ApiError,
    Cancelled,
    DataLoss,
    DeadlineExceeded,
    FailedPrecondition,
    InternalError,
    InvalidArgument,
    NotFound,
    OutOfRange,
    PermissionDenied,
    PushRefused,
    ReplyError,
    ReplyTooLarge,
    ResourceExhausted,
    StorageConflict,
    Unauthenticated,
    Unavailable,
    UnexpectedReply,
    Unimplemented,
    UnknownError,
)
from nakama_client.errors.socket import (
    BadInput,
    ConnectionLost,
    HandlerFailed,
    MalformedFrame,
    NotConnected,
    QueueOverflow,
    RequestRefused,
    RestoreFailed,
    RpcError,
    RpcNotFound,
    SessionReplaced,
    SocketError,
    UserBanned,
)

__all__ = [
    "Aborted",
    "AlreadyExists",
    "ApiError",
    "ArgumentError",
    "BadInput",
    "Cancelled",
    "ClientClosed",
    "ConnectionFailed",
    "ConnectionLost",
    "DataLoss",
    "DeadlineExceeded",
    "FailedPrecondition",
    "HandlerFailed",
    "InternalError",
    "InvalidArgument",
    "InvalidJson",
    "MalformedFrame",
    "MessageTooLarge",
    "NakamaError",
    "NotConnected",
    "NotFound",
    "NotRegistered",
    "OtherUser",
    "OutOfRange",
    "PermissionDenied",
    "PushRefused",
    "QueueOverflow",
    "ReplyError",
    "ReplyTooLarge",
    "RequestRefused",
    "ResourceExhausted",
    "RestoreFailed",
    "RpcError",
    "RpcNotFound",
    "SessionExpired",
    "SessionReplaced",
    "SocketError",
    "StorageConflict",
    "TimeoutExceeded",
    "TooManyCalls",
    "Unauthenticated",
    "Unavailable",
    "UnexpectedReply",
    "Unimplemented",
    "UnknownError",
    "UnreadableItem",
    "UserBanned",
    "WrongLoop",
]
