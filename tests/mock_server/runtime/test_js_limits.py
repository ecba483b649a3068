"""JavaScript that runs for ever, recurses or eats memory takes nothing from others."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mock_server import ModuleLoadError
from tests.inner_loop import mostly_slow
from tests.mock_server.runtime.game import HTTP_KEY, serving, write
from tests.mock_server.runtime.scripts import rpcs
from tests.web_server import WebServer

SHORT = {"runtime__js_time_limit_sec": 0.1}
ENDLESS = {
    "a loop": "while (true) {}",
    "a loop in a try": "try { while (true) {} } catch (e) { return 'got away'; } finally { }",
    "a loop in a finally": "try { throw 1; } finally { while (true) {} }",
    "a loop of runtime functions": "while (true) { nk.md5Hash('x'); }",
    "a loop in a sort": "return [3, 1, 2].sort(function () { while (true) {} });",
    "a loop in a getter": "return JSON.stringify({get x() { while (true) {} }});",
    "a loop in a toString": "nk.md5Hash({toString: function () { while (true) {} }} + '');",
    "a slow expression": "return /^(a+)+$/.test('a'.repeat(40) + 'b') ? 'x' : 'y';",
    "jobs without end": "(function again() { Promise.resolve().then(again); })(); while (true) {}",
}
HI = {"hi": "return 'hi';"}


@pytest.mark.parametrize("name", mostly_slow(ENDLESS, fast={"a loop in a try"}))
@pytest.mark.asyncio
async def test_endless_code_is_cut_and_the_server_lives_on(tmp_path: Path, name: str) -> None:
    bundle = rpcs({"endless": ENDLESS[name], **HI})
    async with serving(tmp_path, {"index.js": bundle}, **SHORT) as game:
        for _ in range(2):
            assert (
                "InternalError: the code ran longer than runtime.js_time_limit_sec (0.1 s) and was "
                "cut at " in await game.failure("endless")
            )
            assert (await game.rpc("hi")).body == "hi"


@pytest.mark.asyncio
async def test_jobs_of_promises_are_cut_after_the_answer(tmp_path: Path) -> None:
    body = "(function again() { Promise.resolve().then(again); })(); return 'said';"
    async with serving(tmp_path, {"index.js": rpcs({"jobs": body, **HI})}, **SHORT) as game:
        assert (await game.rpc("jobs")).body == "said"
        assert (await game.rpc("hi")).body == "hi"


@pytest.mark.asyncio
async def test_infinite_recursion_is_an_error_that_names_the_difference(tmp_path: Path) -> None:
    bundle = rpcs({"deep": "(function again() { return 1 + again(); })();", **HI})
    async with serving(tmp_path, {"index.js": bundle}) as game:
        message = await game.failure("deep")
        assert message.startswith("RangeError: Maximum call stack size exceeded (goja has no such")
        assert (await game.rpc("hi")).body == "hi"


@pytest.mark.asyncio
async def test_recursion_as_games_have_it_works(tmp_path: Path) -> None:
    body = "return '' + (function sum(n) { return n === 0 ? 0 : n + sum(n - 1); })(5000);"
    async with serving(tmp_path, {"index.js": rpcs({"sum": body})}) as game:
        assert (await game.rpc("sum")).body == 12_502_500


@pytest.mark.asyncio
async def test_recursion_through_runtime_functions_ends(tmp_path: Path) -> None:
    body = "(function again() { nk.uuidv4(); return 1 + again(); })();"
    async with serving(tmp_path, {"index.js": rpcs({"deep": body, **HI})}) as game:
        assert "Maximum call stack size exceeded" in await game.failure("deep")
        assert (await game.rpc("hi")).body == "hi"


@pytest.mark.asyncio
async def test_memory_without_end_is_an_error(tmp_path: Path) -> None:
    body = "var all = []; while (true) { all.push(new ArrayBuffer(1 << 24)); }"
    limits = {"runtime__js_time_limit_sec": 60.0}
    async with serving(tmp_path, {"index.js": rpcs({"eat": body, **HI})}, **limits) as game:
        assert "out of memory" in await game.failure("eat")
        assert (await game.rpc("hi")).body == "hi"


FETCH = {
    "fetch": "return nk.httpRequest(payload, 'get').body;",
    "endless": "while (true) {}",
    **HI,
}


@pytest.mark.asyncio
async def test_a_call_that_waits_does_not_hold_up_others(tmp_path: Path) -> None:
    async with WebServer() as web, serving(tmp_path, {"index.js": rpcs(FETCH)}) as game:
        fetch = asyncio.ensure_future(game.rpc("fetch", web.url))
        visit = await web.visits.get()
        assert (await game.rpc("hi")).body == "hi"
        visit.reply("late")
        assert (await fetch).body == "late"


@pytest.mark.slow
@pytest.mark.asyncio
async def test_waiting_does_not_count_towards_the_limit(tmp_path: Path) -> None:
    async with (
        WebServer() as web,
        serving(tmp_path, {"index.js": rpcs(FETCH)}, **SHORT) as game,
    ):
        fetch = asyncio.ensure_future(game.rpc("fetch", web.url))
        visit = await web.visits.get()
        for _ in range(3):  # so the limit has passed in the time of the whole process
            assert "ran longer" in await game.failure("endless")
        visit.reply("late")
        assert (await fetch).body == "late"


@pytest.mark.asyncio
async def test_a_call_waits_for_a_context_when_all_are_busy(tmp_path: Path) -> None:
    limits = {"runtime__js_min_count": 1, "runtime__js_max_count": 2}
    async with (
        WebServer() as web,
        serving(tmp_path, {"index.js": rpcs(FETCH)}, **limits) as game,
    ):
        fetches = [asyncio.ensure_future(game.rpc("fetch", web.url)) for _ in range(2)]
        visits = [await web.visits.get() for _ in fetches]
        third = asyncio.ensure_future(game.rpc("hi"))
        visits[0].reply("first")
        assert (await third).body == "hi"
        visits[1].reply("second")
        assert {(await each).body for each in fetches} == {"first", "second"}


@pytest.mark.asyncio
async def test_a_server_that_stops_gives_up_calls_that_wait(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    async with WebServer() as web:
        async with serving(tmp_path, {"index.js": rpcs(FETCH)}) as game:
            fetch = asyncio.ensure_future(game.rpc("fetch", web.url))
            await web.visits.get()
            started = set(threading.enumerate()) - before
            threads = [each for each in started if each.name.startswith("nakama-js")]
            assert threads
        await asyncio.gather(fetch, return_exceptions=True)
        for each in threads:  # one would not end, were the visit waited for
            await asyncio.to_thread(each.join)


@pytest.mark.asyncio
async def test_an_endless_top_level_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ModuleLoadError, match=r"index\.js:\d+: .*ran longer"):
        async with serving(tmp_path, {"index.js": "while (true) {}"}, **SHORT):
            pass


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals as on POSIX")
def test_control_c_ends_a_server_whose_module_never_ends(tmp_path: Path) -> None:
    write(tmp_path, {"index.js": rpcs({"endless": "logger.warn('it began'); while (true) {}"})})
    ports = ("--socket.port=0", "--console.port=0", "--onesignal.port=0")
    process = subprocess.Popen(
        [sys.executable, "-m", "mock_server", *ports, f"--runtime.path={tmp_path}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with ThreadPoolExecutor() as threads:
        try:
            url = process.stdout.readline().strip().partition(": ")[2]
            query = urllib.parse.urlencode({"http_key": HTTP_KEY})
            request = urllib.request.Request(f"{url}/v2/rpc/endless?{query}", method="POST")
            threads.submit(urllib.request.urlopen, request)
            while "it began" not in process.stderr.readline():
                assert process.poll() is None
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.communicate()
