"""What the tests of the feed do again and again."""

from typing import Any

from mock_server import MockServer
from nakama_client import (
    NotificationFeed,
    Session,
)


async def send(server: MockServer, session: Session, *subjects: str, **options: Any) -> None:
    for subject in subjects:
        await server.notifications.send(session.user_id, subject, **options)


async def take(feed: NotificationFeed, count: int) -> list[str]:
    return [(await anext(feed)).subject for _ in range(count)]


async def until_live(feed: NotificationFeed, server: MockServer, session: Session) -> None:
    """Let the feed catch up with all there is: it then waits for what comes live."""
    await send(server, session, "now live", persistent=False)
    assert await take(feed, 1) == ["now live"]
    assert feed.is_live
