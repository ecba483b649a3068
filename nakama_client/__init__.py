"""An asyncio client for the Nakama game server."""
