"""What moves bytes: the only package here that imports aiohttp and websockets."""
