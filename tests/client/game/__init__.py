"""The SDK without asyncio."""
