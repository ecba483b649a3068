"""Builds the site: `python docs/build_site.py`, with the extra `docs`.

The pages are those of `docs/` and of the checkout's root. The reference is made from the code:
nothing of it is typed twice. A warning, a link that leads nowhere, or a name that is not there
fails.
"""

import asyncio
import inspect
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import click
import griffe
from aiohttp import web

from mock_server import Config, MockServer
from nakama_client.cli.app import app as command_line
from onesignal_stub import OneSignalStub

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "build" / "docs"
SITE = ROOT / "build" / "site"
PACKAGES = (
    "nakama_client",
    "nakama_client.game",
    "nakama_client.load",
    "mock_server",
    "onesignal_stub",
)
ROOT_PAGES = {"README": "index"}  # their names on the site, where it is another one


def copy_pages() -> None:
    """Copy the pages, with links between them that work on the site."""
    for path in ROOT.glob("*.md"):
        text = path.read_text(encoding="utf-8").replace("](docs/", "](")
        (PAGES / f"{ROOT_PAGES.get(path.stem, path.stem)}.md").write_text(text, encoding="utf-8")
    for path in (ROOT / "docs").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        text = text.replace("](../README.md", "](index.md").replace("](../", "](")
        text = re.sub(r"\[([^]]+)\]\(([^):]+)\)", without_folder, text)
        (PAGES / path.name).write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "docs" / "images", PAGES / "images")
    shutil.copyfile(ROOT / "docs" / "site.css", PAGES / "site.css")
    shutil.copyfile(ROOT / "LICENSE", PAGES / "LICENSE")
    (PAGES / "examples").mkdir()
    for path in (ROOT / "examples").glob("*.py"):
        shutil.copyfile(path, PAGES / "examples" / path.name)


def without_folder(link: re.Match[str]) -> str:
    """A link's text alone, if it leads to a folder of the checkout: the site lists none."""
    return link[1] if (ROOT / link[2]).is_dir() else link[0]


def package_reference(name: str) -> str:
    """The reference of what a package exports; it is read, so its extra is not needed."""
    exports = sorted(map(str, griffe.load(name, search_paths=[ROOT]).exports or ()))
    public = [each for each in exports if not each.startswith("_")]
    entries = "\n".join(f"::: {name}.{each}\n" for each in public)
    return f"# {name}\n\n`from {name} import …` finds all of this.\n\n{entries}"


def settings_of(section: object, prefix: str) -> Iterator[str]:
    """What a section of the settings says of itself, its settings, and its sections."""
    docstring = griffe.Docstring(inspect.cleandoc(type(section).__doc__ or ""), parser="google")
    means, rows, inner = {}, [], []
    for part in docstring.parsed:
        if isinstance(part, griffe.DocstringSectionAttributes):
            means = {each.name: " ".join(each.description.split()) for each in part.value}
        elif isinstance(part, griffe.DocstringSectionText):
            yield part.value
    for each in attrs.fields(type(section)):
        value = getattr(section, each.name)
        if attrs.has(type(value)):
            inner.append((value, f"{prefix}{each.name}."))
        else:
            meaning = (
                f" {each_means} |" if (each_means := means.get(each.name)) else " |" * bool(means)
            )
            rows.append(f"| `{prefix}{each.name}` | `{value!r}` |{meaning}")
    if rows:
        head = ["| setting | default | meaning |", "|---|---|---|"]
        yield "\n".join([*(head if means else ["| setting | default |", "|---|---|"]), *rows])
    for value, name in inner:
        yield f"{'#' * name.count('.')}# {name[:-1]}"
        yield from settings_of(value, name)


def settings_reference() -> str:
    """Every setting of the mock with its default, and what the code says of it."""
    _, *settings = settings_of(Config(), "")
    intro = (
        "# Settings\n\nFor `Config.from_settings({…})`, as flags of `nakama-mock`, and in Nakama's "
        "configuration file; what has no meaning here is [Nakama's own]"
        "(https://heroiclabs.com/docs/nakama/getting-started/configuration/). A port 0 "
        "is a free one; `nakama-mock` takes 7350 and 7351."
    )
    return "\n\n".join([intro, *settings]) + "\n"


def route_key(method: str, path: str) -> tuple[str, str]:
    """A route, whatever its parameters are called."""
    return method, re.sub(r"\{\w+\}|\b[A-Z]{2,}\b", "*", path.partition("?")[0])


def described_routes(section: str) -> Iterator[tuple[tuple[str, str], str]]:
    """The routes that the tables of a section of control.md describe, with what they say of each.

    After the first route of a row, `…/restore` or `/users` is another one in its place, and
    `DELETE` the same path with another method.
    """
    page = (ROOT / "docs" / "control.md").read_text(encoding="utf-8")
    text = page.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    for row in re.findall(r"^\| (`[A-Z]+ /_control.*?) \| (.*) \|$", text, re.MULTILINE):
        names, says = row[0], re.sub(r"\]\(#", "](control.md#", row[1]).replace("](", "](../")
        method = path = ""
        for name in re.findall(r"`([^`]*)`", names):
            if name.startswith("{"):  # a body
                continue
            first, _, rest = name.partition(" ")
            if rest.startswith("/_control"):
                method, path = first, rest.partition("?")[0]
            elif first.isupper():
                method = first
            else:
                folders, end = path.split("/"), first.lstrip("…/").split("/")
                path = "/".join(folders[: folders.index(end[0]) if end[0] in folders else -1] + end)
            yield route_key(method, path), says


def routes_of(app: web.Application, own: str) -> Iterator[str]:
    """The control routes of an application, as rows; control.md describes each of them, once."""
    described = dict(described_routes(own))
    for key, says in described_routes("Both servers"):
        if key in described:
            raise SystemExit(f"control.md describes {key} twice")
        described[key] = says
    found = {
        (route.resource.canonical, route.method)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    for path, method in sorted(found):
        if path.startswith("/_control"):
            if (says := described.pop(route_key(method, path), None)) is None:
                raise SystemExit(f"control.md does not describe {method} {path}")
            yield f"| `{method} {path}` | {says} |"
    if described:
        raise SystemExit(f"control.md describes what {own} does not have: {sorted(described)}")


async def control_reference() -> str:
    """The routes under `/_control` of both servers."""
    async with MockServer() as server, OneSignalStub() as stub:
        applications = {
            "The mock": server._console_app(),
            "The OneSignal stub": stub._application(stub._running),
        }
        tables = [
            f"## {title}\n\n| request | does, or answers |\n|---|---|\n"
            + "\n".join(routes_of(app, title))
            for title, app in applications.items()
        ]
    return (
        "# All control routes\n\n[Control routes](../control.md) has their lists, parameters and "
        "events, and who may call them.\n\n" + "\n\n".join(tables) + "\n"
    )


def click_commands(command: click.Command, name: str) -> Iterator[str]:
    """What each command of a group says of itself."""
    context = click.Context(command, info_name=name, terminal_width=96)
    yield f"### {name}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from click_commands(each, f"{name} {each.name}")


def commands_reference() -> str:
    """What the command lines say of themselves."""
    sections = ["# Command lines\n"]
    for module in ("mock_server", "onesignal_stub"):
        done = subprocess.run(
            [sys.executable, "-m", module, "--help"], capture_output=True, text=True, check=True
        )
        sections.append(f"## python -m {module}\n\n```text\n{done.stdout.rstrip()}\n```\n")
    sections.append("## python -m nakama_client\n")
    return "\n".join([*sections, *click_commands(command_line, "nakama-client")])


def write_reference() -> None:
    """Make the pages under `reference/`."""
    folder = PAGES / "reference"
    folder.mkdir()
    pages = {
        "settings": settings_reference(),
        "control": asyncio.run(control_reference()),
        "commands": commands_reference(),
    } | {name: package_reference(name) for name in PACKAGES}
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


def check_navigation() -> None:
    """Fail where a page is in no menu, or a menu names a page that is not there."""
    named = set(re.findall(r'= "([^"]+\.md)"', (ROOT / "zensical.toml").read_text("utf-8")))
    there = {path.relative_to(PAGES).as_posix() for path in PAGES.rglob("*.md")}
    if named != there:
        raise SystemExit(f"zensical.toml: not in a menu or not there: {sorted(named ^ there)}")


def check_links() -> None:
    """Fail where a link of the built site leads to no file, or to no place in it."""
    pages = {path: path.read_text(encoding="utf-8") for path in SITE.rglob("*.html")}
    places = {path: set(re.findall(r'\bid="?([^"\s>]+)', text)) for path, text in pages.items()}
    broken = []
    for path, text in pages.items():
        content = text.partition("<article")[2].partition("</article>")[0]
        for link in re.findall(r'<a [^>]*\bhref="([^"]*)"', content):
            if re.match(r"[a-z]+:", link):
                continue
            target, _, place = link.partition("#")
            file = (path.parent / target).resolve() if target else path
            if not file.exists() or (place and file in places and place not in places[file]):
                broken.append(f"{path.relative_to(SITE)}: {link}")
    if broken:
        raise SystemExit("links that lead nowhere:\n" + "\n".join(sorted(broken)))


def build() -> None:
    """Run zensical; what griffe finds wrong in docstrings fails, too."""
    command = ["zensical", "build", "--clean", "--strict"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    shown = done.stdout + done.stderr
    sys.stdout.write(shown)
    if done.returncode != 0 or "griffe:" in shown:
        raise SystemExit("the site does not build without warnings")


def main() -> None:
    """Build the site into `build/site`."""
    shutil.rmtree(PAGES, ignore_errors=True)
    shutil.rmtree(SITE, ignore_errors=True)
    PAGES.mkdir(parents=True)
    copy_pages()
    write_reference()
    check_navigation()
    build()
    check_links()


if __name__ == "__main__":
    main()
