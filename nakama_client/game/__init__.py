"""The SDK without asyncio: calls return at once, and callbacks run in `poll`."""

from nakama_client.game.client import GameClient
from nakama_client.game.delegation import Items, Registration
from nakama_client.game.feed import GameFeed
from nakama_client.game.handle import Handle
from nakama_client.game.matches import GameMatch, GameParty
from nakama_client.game.socket import GameSocket

__all__ = [
    "GameClient",
    "GameFeed",
    "GameMatch",
    "GameParty",
    "GameSocket",
    "Handle",
    "Items",
    "Registration",
]
