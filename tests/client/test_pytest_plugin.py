import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

pytest_plugins = ["pytester"]


@pytest.fixture
def run(pytester: pytest.Pytester, request: pytest.FixtureRequest):
    """Run a test file in a process of its own, as a user of the plugin does."""

    def run_source(source: str, *arguments: str, asyncio_options: bool = True) -> pytest.RunResult:
        pytester.makepyfile("import pytest\n" + source)
        scope = ("-o", "asyncio_default_fixture_loop_scope=function") if asyncio_options else ()
        return pytester.runpytest_subprocess(*scope, "-W", "error", *arguments)

    return run_source


def test_state_is_new_for_each_test(run) -> None:
    result = run("""
@pytest.mark.asyncio
@pytest.mark.parametrize("turn", [1, 2])
async def test_alone(turn, nakama_server, nakama_client, nakama_session):
    ada = await nakama_session("ada")
    assert ada.created
    nakama_server.clock.advance(1000)
    assert len(await nakama_server.users()) == 1
""")
    result.assert_outcomes(passed=2)


def test_live_notifications_and_pushes_in_one_test(run) -> None:
    result = run("""
@pytest.mark.asyncio
async def test_both(nakama_server, nakama_client, nakama_session, onesignal):
    ada = await nakama_session()
    async with nakama_client.socket(ada) as socket:
        arriving = socket.notifications()
        await nakama_server.notifications.send(ada.user_id, "hello")
        assert (await anext(arriving)).subject == "hello"
    assert onesignal.pushes == []
    assert nakama_server.config.onesignal.url == onesignal.url
""")
    result.assert_outcomes(passed=1)


def test_a_synchronous_test_has_a_client_of_its_own(run) -> None:
    result = run("""
@pytest.mark.parametrize("turn", [1, 2])
def test_a_gift_arrives(turn, nakama_server, nakama_game_client):
    ada = nakama_game_client.authenticate_device("device-of-ada", username="ada").result()
    assert ada.created
    seen = []
    feed = nakama_game_client.notifications(ada)
    feed.run(seen.append)
    nakama_server.run(nakama_server.notifications.send(ada.user_id, "A gift!"))
    while not seen:
        nakama_game_client.poll()
    assert seen[0].subject == "A gift!"
""")
    result.assert_outcomes(passed=2)


def test_an_unanswered_request_fails_the_test_with_the_nearest_route(run) -> None:
    result = run("""
import urllib.error, urllib.request

def test_typo(nakama_server):
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(nakama_server.http_url + "/v2/notifikation")
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*GET /v2/notifikation*nearest is GET /v2/notification*"])


def test_a_failing_function_fails_the_test_with_its_traceback(run) -> None:
    result = run("""
from nakama_client import ApiError

@pytest.mark.asyncio
async def test_bug(nakama_server, nakama_client, nakama_session):
    @nakama_server.rpc("buggy")
    def buggy(context, payload):
        return {}["missing"]

    with pytest.raises(ApiError):
        await nakama_client.rpc(await nakama_session(), "buggy")
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*KeyError: 'missing'*"])


def test_a_function_that_nobody_registered_fails_the_test_with_the_nearest_one(run) -> None:
    result = run("""
from nakama_client import NakamaError

@pytest.mark.asyncio
async def test_typo(nakama_server, nakama_client, nakama_session):
    nakama_server.rpc("open_chest")(lambda context, payload: payload)
    with pytest.raises(NakamaError):
        await nakama_client.rpc(await nakama_session(), "open_chst")
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*nearest is the RPC function 'open_chest'*"])


def test_nakama_config_of_the_conftest_is_used(run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
import pytest

@pytest.fixture(scope="session")
def nakama_config():
    return {"socket.server_key": "another key"}
""")
    result = run("""
@pytest.mark.asyncio
async def test_key(nakama_client, nakama_session):
    assert (await nakama_session("ada")).username == "ada"
""")
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("scope", ["module", "session"])
def test_fixtures_work_in_loops_of_any_scope(run, scope: str) -> None:
    result = run(f"""
pytestmark = pytest.mark.asyncio(loop_scope="{scope}")

@pytest.mark.parametrize("turn", range(3))
async def test_alone(turn, nakama_server, nakama_client, nakama_session):
    ada = await nakama_session("ada")
    async with nakama_client.socket(ada) as socket:
        await socket.update_status("here")
    await nakama_client.socket(ada).connect()  # the fixture closes it
    assert len(await nakama_server.users()) == 1
""")
    result.assert_outcomes(passed=3)


def test_fixtures_work_in_synchronous_tests(run) -> None:
    result = run("""
import asyncio

@pytest.mark.parametrize("turn", range(2))
def test_in_the_servers_loop(turn, nakama_server, nakama_client, nakama_session):
    ada = nakama_server.run(nakama_session("ada"))
    socket = nakama_client.socket(ada)
    nakama_server.run(socket.connect())
    assert asyncio.run(nakama_client.get_account(ada)).user.username == "ada"
""")
    result.assert_outcomes(passed=2)


def test_fixtures_work_with_anyio_and_without_pytest_asyncio(run) -> None:
    result = run(
        """
import anyio

@pytest.fixture
def anyio_backend():
    return "asyncio"

@pytest.mark.anyio
@pytest.mark.parametrize("turn", range(2))
async def test_alone(turn, nakama_server, nakama_client, nakama_session):
    ada = await nakama_session("ada")
    await nakama_client.socket(ada).connect()
    assert len(await nakama_server.users()) == 1
""",
        "-p",
        "no:asyncio",
        asyncio_options=False,
    )
    result.assert_outcomes(passed=2)


def test_plugin_works_under_xdist(run) -> None:
    result = run(
        """
@pytest.mark.asyncio
@pytest.mark.parametrize("turn", range(4))
async def test_alone(turn, nakama_server, nakama_session):
    await nakama_session("ada")
    assert len(await nakama_server.users()) == 1
""",
        "-n",
        "2",
    )
    result.assert_outcomes(passed=4)


def test_the_plugin_loads_without_the_extra_and_says_what_is_missing() -> None:
    program = """
import sys
sys.modules["jwt"] = sys.modules["bcrypt"] = None  # as if they were not installed
import nakama_client.pytest_plugin
try:
    from mock_server import MockServer
except ImportError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == (
        "the mock server needs more packages: pip install 'nakama-client[mock]'\n"
    )


def test_pytest_starts_in_a_folder_with_a_mock_server_of_the_users_own(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        mock_server="raise RuntimeError('this is not the mock Nakama')",
        server_kit="raise RuntimeError('this is not the kit of the mock Nakama')",
        test_own="def test_own():\n    pass\n",
    )
    # As `python -m pytest`, which puts the folder in front of everything else.
    result = pytester.run(sys.executable, "-m", "pytest", "test_own.py")
    assert result.ret == 0, result.stdout.str() + result.stderr.str()
    result.assert_outcomes(passed=1)
