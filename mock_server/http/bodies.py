"""Decompresses request bodies."""

from __future__ import annotations

import zlib

from mock_server.wire.errors import GrpcCode, GrpcError

_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": -zlib.MAX_WBITS}
_GZIP_HEADER = b"\x1f\x8b\x08"
_GZIP_HEADER_SIZE = 10  # without a file name, which no client sends


class CorruptBody(GrpcError):
    """A body that cannot be decompressed."""

    def __init__(self, message: str) -> None:
        super().__init__(GrpcCode.INVALID_ARGUMENT, message)


def unpack(body: bytes, encoding: str, limit: int) -> bytes:
    """Decompress a body; one in no encoding that Nakama knows stays as it is.

    Args:
        body: What came in.
        encoding: The Content-Encoding header; `deflate` is without a zlib header.
        limit: The most bytes that the result may have.

    Raises:
        CorruptBody: It cannot be decompressed; the text is Go's.
        GrpcError: It is too large.
    """
    if encoding == "gzip" and body[:3] != _GZIP_HEADER:
        return b""  # Nakama goes on with what its search for a gzip header has left
    if encoding not in _WINDOWS:
        return body
    unpacker = zlib.decompressobj(_WINDOWS[encoding])
    try:
        unpacked = unpacker.decompress(body, limit + 1)
    except zlib.error:
        raise CorruptBody(_problem(body, encoding)) from None
    if len(unpacked) > limit:
        raise body_too_large()
    if not unpacker.eof:
        raise CorruptBody("unexpected EOF")
    return unpacked


def body_too_large() -> GrpcError:
    """The refusal of a large body, to be raised."""
    return GrpcError(GrpcCode.INVALID_ARGUMENT, "http: request body too large")


def _problem(body: bytes, encoding: str) -> str:
    """Go's text for data that does not unpack, with the number of bytes read by then."""
    unpacker = zlib.decompressobj(_WINDOWS[encoding])
    start = _GZIP_HEADER_SIZE if encoding == "gzip" else 0
    for index in range(len(body)):
        try:
            unpacker.decompress(body[index : index + 1])
        except zlib.error as error:
            if "check" in str(error):  # the checksum or the length at the end of a gzip file
                break
            return f"flate: corrupt input before offset {index + 1 - start}"
    return "gzip: invalid checksum"
