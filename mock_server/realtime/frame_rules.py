"""The rules of frames, with the texts in which Nakama refuses them (gorilla/websocket's).

aiohttp takes frames without a mask, and has no texts. RFC 6455, section 5.2: a client masks its
frames, a control frame is whole and short, no other message interrupts one of several frames.
"""

from __future__ import annotations

import asyncio
from operator import xor
from typing import cast

from aiohttp import WSCloseCode, web

_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0, 1, 2, 8, 9, 10
_LONGEST_HEAD = 10  # bytes: two, and the length in eight more
_SHORT_HEAD = 2
_MASK_SIZE = 4
_TWO_BYTES = 126  # the length is in two more bytes
_WHOLE = (0x80 | _TEXT, 0x80 | _BINARY)
_CODES = frozenset((*range(1000, 1004), *range(1007, 1014)))  # of a close frame that is received
_FIRST_OWN_CODE, _LAST_OWN_CODE = 3000, 4999
_CLOSE_FRAME = bytes((0x88, 0x82, 0, 0, 0, 0)) + WSCloseCode.PROTOCOL_ERROR.to_bytes(2)


class FrameRules:
    """Follows the frames of one client through the bytes that come in.

    Attributes:
        violation: What was wrong with a frame; empty while all keep the rules.
    """

    def __init__(self) -> None:
        self.violation = ""
        self._head = bytearray()
        self._held = b""
        self._left = 0  # bytes of the present frame that are still to come
        self._is_final = True  # no message waits for its next part

    def check(self, data: bytes) -> bytes:
        """Look at the next bytes; return those before the frame that breaks a rule.

        The first byte of a frame is kept back until the second one has come.
        """
        if self._is_usual(data):
            return data
        data, self._held = self._held + data, b""
        position, size, start = len(self._head), len(data), 0
        if position > 1:  # these were passed on
            position = 0
        while position < size:
            if self._left:
                step = min(self._left, size - position)
                self._left -= step
                position += step
                continue
            if not self._head:
                start = position
            self._head.append(data[position])
            position += 1
            if len(self._head) == 2:
                self.violation = self._error(self._head[0], self._head[1])
                if self.violation or self._stops_at_close(data[start:]):
                    return data[:start]
            if len(self._head) == _head_size(self._head):
                self._begin(self._head)
        if len(self._head) == 1:
            self._held = data[-1:]
            return data[:-1]
        return data

    def _is_usual(self, data: bytes) -> bool:
        """Whether it is one whole masked message of up to 65,535 bytes, as most are."""
        is_between = not self._left and not self._head and not self._held and self._is_final
        if not is_between or len(data) < _SHORT_HEAD + _MASK_SIZE or data[0] not in _WHOLE:
            return False
        length, head = data[1] ^ 0x80, _SHORT_HEAD
        if length == _TWO_BYTES:
            length, head = int.from_bytes(data[2:4]), _SHORT_HEAD + 2
        elif length > _TWO_BYTES:  # eight bytes, or no mask
            return False
        return len(data) == head + _MASK_SIZE + length

    def _stops_at_close(self, data: bytes) -> bool:
        """Check a close frame; return whether it breaks a rule, or its end is still to come."""
        if self._head[0] & 0xF != _CLOSE:
            return False
        masked = _SHORT_HEAD + _MASK_SIZE
        end = masked + (self._head[1] & 0x7F)
        if len(data) < end:
            self._held = data
            self._head.clear()
            return True
        mask = data[_SHORT_HEAD:masked] * (end // _MASK_SIZE)
        self.violation = _close_error(bytes(map(xor, data[masked:end], mask)))
        return bool(self.violation)

    def _begin(self, head: bytearray) -> None:
        length = head[1] & 0x7F
        self._left = _MASK_SIZE + (length if length < 126 else int.from_bytes(head[2:]))
        if head[0] & 0xF < _CLOSE:
            self._is_final = bool(head[0] & 0x80)
        head.clear()

    def _error(self, first: int, second: int) -> str:
        errors = [f"RSV{number} set" for number in (1, 2, 3) if first & (0x80 >> number)]
        errors += self._opcode_errors(first & 0xF, bool(first & 0x80), second & 0x7F)
        if not second & 0x80:
            errors.append("bad MASK")
        return ", ".join(errors)

    def _opcode_errors(self, opcode: int, is_final: bool, length: int) -> list[str]:
        if opcode in (_CLOSE, _PING, _PONG):
            errors = ["len > 125 for control"] if length > 125 else []
            return errors if is_final else [*errors, "FIN not set on control"]
        if opcode in (_TEXT, _BINARY):
            return [] if self._is_final else ["data before FIN"]
        if opcode == _CONTINUATION:
            return ["continuation after FIN"] if self._is_final else []
        return [f"bad opcode {opcode}"]


def _close_error(payload: bytes) -> str:
    """What is wrong with what a close frame carries; Nakama takes one byte for nothing."""
    if len(payload) < 2:
        return ""
    code = int.from_bytes(payload[:2])
    if code not in _CODES and not _FIRST_OWN_CODE <= code <= _LAST_OWN_CODE:
        return f"bad close code {code}"
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        return "invalid utf8 payload in close frame"
    return ""


def _head_size(head: bytearray) -> int:
    """How long a head is, as far as its beginning tells."""
    if len(head) < 2:
        return 2
    length = head[1] & 0x7F
    return 2 if length < 126 else 4 if length == 126 else _LONGEST_HEAD


def hold_to(rules: FrameRules, request: web.Request) -> None:
    """Hold the client of a handshake to the rules, before it is answered.

    Where it breaks one, the server reads a close frame in the place of that frame, and nothing
    after it: all that came before is handled first.
    """
    transport = request.transport
    if transport is not None:
        inner = cast(asyncio.Protocol, transport.get_protocol())
        rules.check(getattr(inner, "_message_tail", b""))  # what came along with the handshake
        transport.set_protocol(_CheckedProtocol(rules, inner))


class _CheckedProtocol(asyncio.Protocol):
    """aiohttp's protocol, which gets the bytes that keep the rules."""

    def __init__(self, rules: FrameRules, inner: asyncio.Protocol) -> None:
        self._rules = rules
        self._inner = inner
        self._is_over = False

    def data_received(self, data: bytes) -> None:
        if self._is_over:
            return
        checked = self._rules.check(data)
        self._is_over = bool(self._rules.violation)
        if self._is_over:
            checked += _CLOSE_FRAME
        self._inner.data_received(checked)

    def connection_lost(self, error: Exception | None) -> None:
        self._inner.connection_lost(error)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()
