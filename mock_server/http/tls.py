"""The certificate of the client API's port."""

from __future__ import annotations

import ssl

from mock_server.config import SocketConfig


def tls_context(config: SocketConfig) -> ssl.SSLContext | None:
    """The context of `socket.ssl_certificate` and `socket.ssl_private_key`; None without them.

    Raises:
        OSError: A file cannot be read, or the two do not belong together.
    """
    if not config.ssl_certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(config.ssl_certificate, config.ssl_private_key)
    except OSError as error:
        raise OSError(
            f"socket.ssl_certificate and socket.ssl_private_key can't be loaded: {error}"
        ) from error
    return context
