"""Every block in the documents that is code, data or a server's command line does what it says."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from mock_server import Config, MockServer
from onesignal_stub import OneSignalStub

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SERVERS = {
    "mock_server": ["--socket.port=0", "--console.port=0", "--onesignal.port=0"],
    "onesignal_stub": ["--port=0"],
}


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """The blocks in a language, each with a name for it."""
    block = re.compile(rf"^```{language}\n(.*?)^```", re.MULTILINE | re.DOTALL)
    for path in DOCUMENTS:
        for number, match in enumerate(block.finditer(path.read_text(encoding="utf-8")), start=1):
            yield match.group(1), f"{path.relative_to(ROOT)}-{number}"


def programs() -> list[object]:
    return [pytest.param(source, id=name) for source, name in blocks("python")]


def commands() -> list[object]:
    """The command lines that start a server, without what a comment says."""
    return [
        pytest.param(line.partition("#")[0].strip(), id=f"{name}-{number}")
        for text, name in blocks("bash")
        for number, line in enumerate(text.splitlines(), start=1)
        if line.startswith(tuple(f"python -m {server}" for server in SERVERS))
    ]


def the_block(language: str, document: str) -> str:
    (found,) = [text for text, name in blocks(language) if name.startswith(document)]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("source", programs())
def test_a_documented_program_runs(source: str, tmp_path: Path) -> None:
    is_test = source.startswith("import pytest\n")
    program = tmp_path / ("test_block.py" if is_test else "block.py")
    program.write_text(source, encoding="utf-8")
    scope = "asyncio_default_fixture_loop_scope=function"  # unset, it is a warning
    runner = ["-m", "pytest", "-p", "no:cacheprovider", "-o", scope] if is_test else []
    done = subprocess.run(
        [sys.executable, "-W", "error", *runner, str(program)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_documented_calls_of_a_shell_are_answered() -> None:
    with MockServer() as server, OneSignalStub() as stub:
        calls = the_block("sh", "docs/other-languages.md").replace("\\\n", "")
        calls = calls.replace("http://127.0.0.1:7351", server.console_url)
        calls = calls.replace("http://127.0.0.1:8890", stub.url)
        for call in calls.splitlines():
            done = subprocess.run(shlex.split(call), capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {"requests": [], "dropped": 0}


@pytest.mark.slow
@pytest.mark.parametrize("command", commands())
def test_a_documented_command_starts_a_server(command: str, tmp_path: Path) -> None:
    for folder in ("build", "modules", "path/to/your/modules"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "rules.json").write_text(the_block("json", "docs/push-rules.md"), encoding="utf-8")
    python, *arguments = shlex.split(command)
    assert python == "python"
    with (
        (tmp_path / "log").open("w", encoding="utf-8") as log,
        subprocess.Popen(
            [sys.executable, "-u", *arguments, *SERVERS[arguments[1]]],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as server,
    ):
        assert server.stdout is not None
        ready = server.stdout.readline()
        server.terminate()
        server.stdout.read()
        assert server.wait(timeout=60) == 0, (tmp_path / "log").read_text(encoding="utf-8")
        assert re.search(r"http://[0-9.]+:[0-9]+", ready)


@pytest.mark.asyncio
async def test_the_documented_lua_loads(tmp_path: Path) -> None:
    (tmp_path / "hooks.lua").write_text(the_block("lua", "docs/modules.md"), encoding="utf-8")
    async with MockServer(Config.from_settings({"runtime.path": str(tmp_path)})):
        pass


@pytest.mark.asyncio
async def test_the_documented_seed_is_taken(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(the_block("json", "docs/onesignal.md"), encoding="utf-8")
    async with OneSignalStub(seed=seed):
        pass


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for text, name in blocks("yaml")])
def test_a_documented_ci_file_installs_the_mock_and_runs_the_tests(text: str) -> None:
    parsed = yaml.safe_load(text)
    if "jobs" in parsed:  # GitHub's, else GitLab's
        steps = [step["run"] for step in parsed["jobs"]["tests"]["steps"] if "run" in step]
    else:
        steps = parsed["tests"]["script"]
    assert [step.split()[2] for step in steps] == ["pip", "pytest"]


def test_documented_extras_are_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for path in [*DOCUMENTS, ROOT / "CONTRIBUTING.md"]:
        text = path.read_text(encoding="utf-8")
        for extras in re.findall(r"(?:nakama-client|'\.)\[([\w,]+)\]", text):
            assert set(extras.split(",")) <= project["optional-dependencies"].keys(), path.name


def test_links_between_documents_lead_somewhere() -> None:
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_every_page_is_in_a_menu_of_the_site() -> None:
    menus = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    pages = [path.name for path in (ROOT / "docs").glob("*.md")]
    assert [name for name in pages if f'"{name}"' not in menus] == []
