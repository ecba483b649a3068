"""Compressed requests, as grpcio hands them over when it is set not to unpack them.

grpcio does not say how a request was compressed, but Nakama answers gzip with gzip, and unpacks no
more than its limit. No message of protobuf begins as gzip does: field 3 with a wire type that is
none.
"""

from __future__ import annotations

import zlib

from mock_server.wire.errors import GrpcCode, GrpcError

_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = zlib.MAX_WBITS | 16


def is_gzip(data: bytes) -> bool:
    """Whether a request came with `grpc-encoding: gzip`; unknown of an empty one."""
    return data.startswith(_GZIP)


def unpack(data: bytes, limit: int) -> bytes:
    """Return a request as it was before it was compressed.

    Args:
        data: As it came.
        limit: How many bytes it may have, compressed and unpacked.

    Raises:
        GrpcError: It is too large, or compressed by other means than gzip, or broken.
    """
    if len(data) > limit:
        text = f"grpc: received message larger than max ({len(data)} vs. {limit})"
        raise GrpcError(GrpcCode.RESOURCE_EXHAUSTED, text)
    if is_gzip(data):
        return _gunzip(data, limit)
    if _is_deflate(data, limit):
        text = 'grpc: Decompressor is not installed for grpc-encoding "deflate"'
        raise GrpcError(GrpcCode.UNIMPLEMENTED, text)
    return data


def _gunzip(data: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    try:
        unpacked = unpacker.decompress(data, limit + 1)
    except zlib.error as error:
        text = f"grpc: failed to decompress the received message: {error}"
        raise GrpcError(GrpcCode.INTERNAL, text) from None
    if len(unpacked) > limit:
        text = f"grpc: received message after decompression larger than max {limit}"
        raise GrpcError(GrpcCode.RESOURCE_EXHAUSTED, text)
    if not unpacker.eof:
        text = "grpc: failed to decompress the received message: unexpected EOF"
        raise GrpcError(GrpcCode.INTERNAL, text)
    return unpacked


def _is_deflate(data: bytes, limit: int) -> bool:
    """Whether a request is the whole of what zlib made; its checksum leaves no doubt."""
    if len(data) < 2 or data[0] != 0x78 or int.from_bytes(data[:2], "big") % 31:
        return False
    unpacker = zlib.decompressobj()
    try:
        unpacker.decompress(data, limit + 1)
    except zlib.error:
        return False
    return unpacker.eof or bool(unpacker.unconsumed_tail)
