"""Requests that get no answer, or another one."""

import asyncio

import pytest

from nakama_client import (
    Client,
    ClosedBy,
    ConnectionLost,
    DisconnectCause,
    DisconnectReason,
    MalformedFrame,
    Session,
    TimeoutExceeded,
    Timeouts,
)
from tests.client.leaks import tasks
from tests.client.scripted import Peer, ScriptedServer, make_token

SESSION = Session(make_token())


async def no_script(peer: Peer) -> None:
    """Do nothing but read."""


@pytest.mark.asyncio
@pytest.mark.parametrize("ending", ["close", "abort"])
async def test_waiting_requests_fail_at_once_with_the_reason(ending: str) -> None:
    async def script(peer: Peer) -> None:
        for _ in range(3):
            await peer.request()
        if ending == "close":
            await peer.close(1000, "server-side session disconnect")
        else:
            peer.abort()

    reasons: list[DisconnectReason] = []
    async with (
        ScriptedServer(script=script) as server,
        Client(server.url) as client,
        client.socket(SESSION) as socket,
    ):
        socket.on_disconnect(reasons.append)
        calls = [asyncio.create_task(socket.rpc("never")) for _ in range(3)]
        results = await asyncio.gather(*calls, return_exceptions=True)
    expected = {
        "close": (DisconnectCause.SESSION_ENDED, 1000, ClosedBy.SERVER),
        "abort": (DisconnectCause.LOST, None, ClosedBy.NETWORK),
    }[ending]
    for result in results:
        assert isinstance(result, ConnectionLost)
        reason = result.reason
        assert (reason.cause, reason.code, reason.closed_by) == expected
    assert [result.reason for result in results[:1]] == reasons


@pytest.mark.asyncio
async def test_waiting_requests_fail_when_we_close() -> None:
    async with ScriptedServer(script=no_script) as server, Client(server.url) as client:
        socket = client.socket(SESSION)
        await socket.connect()
        call = asyncio.create_task(socket.rpc("never"))
        await asyncio.sleep(0)
        await socket.close()
        with pytest.raises(ConnectionLost, match="by the client"):
            await call


@pytest.mark.asyncio
async def test_a_request_has_a_deadline_and_a_late_answer_does_no_harm() -> None:
    async def script(peer: Peer) -> None:
        late = await peer.request()
        request = await peer.request()
        await peer.send({"cid": late["cid"], "rpc": {"payload": "late"}})
        await peer.send({"cid": request["cid"], "rpc": {"payload": "in time"}})

    timeouts = Timeouts(reply=0.05)
    async with (
        ScriptedServer(script=script) as server,
        Client(server.url, timeouts=timeouts) as client,
        client.socket(SESSION) as socket,
    ):
        with pytest.raises(TimeoutExceeded, match=r"no answer to rpc within 0.05 s"):
            await socket.rpc("slow")
        assert (await socket.rpc("quick", timeout=10)).payload == "in time"


@pytest.mark.asyncio
async def test_request_times_out_when_the_server_reads_nothing() -> None:
    async def script(peer: Peer) -> None:
        peer.stop_reading()
        await server.stopped()

    async with (
        ScriptedServer(script=script) as server,
        Client(server.url, timeouts=Timeouts(close=0.05)) as client,
        client.socket(SESSION, max_message_bytes=2**25) as socket,
    ):
        with pytest.raises(TimeoutExceeded, match=r"read nothing for 0.05 s"):
            await socket.rpc("large", "x" * 2**24, timeout=0.05)
        with pytest.raises(TimeoutExceeded, match=r"read nothing for 0.05 s"):
            await socket.rpc("small", timeout=0.05)
    assert not tasks()


@pytest.mark.asyncio
async def test_a_cancelled_request_is_forgotten() -> None:
    async def script(peer: Peer) -> None:
        first = await peer.request()
        asked.set()
        second = await peer.request()
        await peer.send({"cid": first["cid"], "rpc": {"payload": "nobody waits"}})
        await peer.send({"cid": second["cid"], "rpc": {"payload": "yes"}})

    asked = asyncio.Event()
    async with (
        ScriptedServer(script=script) as server,
        Client(server.url) as client,
        client.socket(SESSION) as socket,
    ):
        call = asyncio.create_task(socket.rpc("first"))
        await asked.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert len(socket._connection._pending) == 0
        assert (await socket.rpc("second")).payload == "yes"


@pytest.mark.asyncio
async def test_request_raises_malformed_frame_for_another_answer() -> None:
    async def script(peer: Peer) -> None:
        for answer in ({"pong": {}}, {"rpc": []}, {"error": []}, {}):
            request = await peer.request()
            await peer.send({"cid": request["cid"]} | answer)

    async with (
        ScriptedServer(script=script) as server,
        Client(server.url) as client,
        client.socket(SESSION) as socket,
    ):
        for _ in range(4):
            with pytest.raises(MalformedFrame):
                await socket.rpc("anything")


@pytest.mark.asyncio
async def test_each_request_has_its_own_deadline() -> None:
    async def script(peer: Peer) -> None:
        patient = await peer.request()
        for _ in range(3):
            await peer.request()
        await timed_out.wait()
        await peer.send({"cid": patient["cid"], "rpc": {"payload": "late"}})

    timed_out = asyncio.Event()
    async with (
        ScriptedServer(script=script) as server,
        Client(server.url) as client,
        client.socket(SESSION) as socket,
    ):
        patient = asyncio.create_task(socket.rpc("patient", timeout=60))
        await asyncio.sleep(0)
        for seconds in (0.02, 0.01, 0.03):  # the first sets the timer, the second sets it earlier
            with pytest.raises(TimeoutExceeded, match=f"within {seconds} s"):
                await socket.rpc("impatient", timeout=seconds)
        timed_out.set()
        assert (await patient).payload == "late"
