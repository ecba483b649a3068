"""What holds for all tests."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Iterator

import pytest
from aiohttp import web_app
from hypothesis import HealthCheck, given, settings, strategies

# A busy machine is no reason to fail: no test asserts how long something takes.
_ANY_MACHINE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("all tests", _ANY_MACHINE)
settings.register_profile("fast tests", _ANY_MACHINE, max_examples=10)


def _eager_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.SelectorEventLoop()
    loop.set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined, unused-ignore]
    return loop


def _uvloop() -> asyncio.AbstractEventLoop:
    import uvloop

    return uvloop.new_event_loop()


_LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "eager": _eager_loop,
    "uvloop": _uvloop,
}


class _Policy(asyncio.DefaultEventLoopPolicy):
    """Makes the loop that `--loop` names, also for `asyncio.run`."""

    def __init__(self, new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
        super().__init__()
        self._new_loop = new_loop

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return self._new_loop()


# They take a new socket for each of hundreds of frames, or wait for the server for seconds.
_SLOW_TAPES = tuple(
    f"[{name}]"
    for name in (
        "mp_match_data",
        "mp_proto_wire",
        "mp_rt_hooks",
        "ws_frames",
        "ws_malformed",
        "ws_ping_pong",
        "ws_protobuf",
        "ws_server_ping",
    )
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.name.endswith(_SLOW_TAPES):
            item.add_marker("slow")


def pytest_collection_finish() -> None:
    _any_example()
    _freeze_heap()


def _freeze_heap() -> None:
    """Let no full collection walk modules and collected tests, which live to the end."""
    gc.collect()
    gc.freeze()


@given(strategies.none())
def _any_example(_: None) -> None:
    """Let hypothesis make its random numbers, which it would not find in a frozen heap."""


@pytest.fixture(scope="module", autouse=True)
def _forget_stopped_servers() -> Iterator[None]:
    """Empty a cache of aiohttp, which would keep a thousand servers that tests have stopped."""
    yield
    web_app._cached_build_middleware.cache_clear()


@pytest.fixture(scope="module")
def frozen_again() -> Iterator[None]:
    """For modules that run the mock's `main`, which ends with a thawed heap."""
    yield
    _freeze_heap()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--transport",
        choices=["websockets", "picows"],
        default="websockets",
        help="the library under the SDK's sockets",
    )
    parser.addoption(
        "--loop",
        choices=["default", *_LOOPS],
        default="default",
        help="run asynchronous tests under eager tasks (Python 3.12) or uvloop",
    )


def pytest_configure(config: pytest.Config) -> None:
    gc.set_threshold(10_000)  # each stopped server is garbage: fewer, larger rounds are cheaper
    # Before test modules are imported: their own settings add to those of the profile.
    is_inner_loop = "not slow" in config.getoption("-m")
    settings.load_profile("fast tests" if is_inner_loop else "all tests")
    # A shell without job control starts what it puts in the background with SIGINT ignored, and
    # processes pass that on: the programs that tests interrupt would not notice.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("--transport") == "picows":
        # Where it can't be imported, the SDK would fall back to websockets.
        import nakama_client.transport.over_picows  # noqa: F401
    else:
        sys.modules["picows"] = None  # type: ignore[assignment] # importing it fails
    name = config.getoption("--loop")
    if name in _LOOPS:
        asyncio.set_event_loop_policy(_Policy(_LOOPS[name]))
