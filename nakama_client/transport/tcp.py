"""The TCP connection under a websocket, and whom to trust there, for either websocket library."""

from __future__ import annotations

import asyncio
import errno
import functools
import socket
import ssl
import sys
from collections.abc import Sequence
from typing import Any

from aiohappyeyeballs import AddrInfoType, start_connection

_UNDER_WAY = (errno.EINPROGRESS, errno.EALREADY)


async def open_transport(
    protocol: asyncio.BaseProtocol, host: str, port: int, tls: ssl.SSLContext | None
) -> asyncio.Transport:
    """Connect a protocol to a host.

    Args:
        protocol: The protocol.
        host: The host's name or address.
        port: The port.
        tls: Whom to trust, over TLS; None without TLS.

    Raises:
        OSError: There is no such host, or none of its addresses answers.
    """
    transport, _ = await asyncio.get_running_loop().create_connection(
        lambda: protocol,
        sock=await _open_tcp(host, port),
        ssl=tls,
        server_hostname=None if tls is None else host,
    )
    return transport


async def _open_tcp(host: str, port: int) -> socket.socket:
    loop = asyncio.get_running_loop()
    addresses: Sequence[AddrInfoType] | None = _numeric(host, port)
    if addresses is None:
        addresses = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if len(addresses) == 1 and sys.platform != "win32":  # whose own loop has no `add_writer`
        return await _connect_to(loop, addresses[0][0], addresses[0][4])
    return await start_connection(addresses, loop=loop)


@functools.cache
def default_tls() -> ssl.SSLContext:
    """Trusts the system's authorities. One for all: they take 20 ms and a megabyte to read."""
    return ssl.create_default_context()


@functools.lru_cache(maxsize=64)
def _numeric(host: str, port: int) -> Sequence[AddrInfoType] | None:
    """The address that is written as a number; no thread has to ask for it."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        return None


async def _connect_to(loop: asyncio.AbstractEventLoop, family: int, address: Any) -> socket.socket:
    """Connect to the only address, in half of the time that the loops' `sock_connect` takes."""
    tcp = socket.socket(family, socket.SOCK_STREAM)
    try:
        tcp.setblocking(False)
        code = tcp.connect_ex(address)
        if code == errno.EINPROGRESS:
            code = tcp.connect_ex(address)  # over loopback it has come about already
        if code in _UNDER_WAY:
            await _writable(loop, tcp.fileno())
            code = tcp.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code not in (0, errno.EISCONN):
            raise OSError(code, f"Connect call failed {address}")
    except BaseException:
        tcp.close()
        raise
    return tcp


async def _writable(loop: asyncio.AbstractEventLoop, file: int) -> None:
    """Wait until a file can be written to. By its number: the selectors print what is no number."""
    ready = asyncio.Event()
    loop.add_writer(file, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(file)
