"""The public names, and whether they are still those of the last release.

    python tests/public_api.py           # what changed; fails where the changelog does not name it
    python tests/public_api.py --write   # at a release: what is public from now on

griffe reads the code and imports nothing, so no extra is needed. `public_api.txt` has a line for
each function with its parameters, each class, and each attribute. What is new needs no word in the
changelog, nor do further optional arguments; what is gone or takes other arguments is named there.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import griffe

ROOT = Path(__file__).parents[1]
SNAPSHOT = Path(__file__).with_name("public_api.txt")
PACKAGES = (
    "nakama_client",
    "nakama_client.game",
    "nakama_client.load",
    "mock_server",
    "onesignal_stub",
)
_MARKS = {
    griffe.ParameterKind.var_positional: "*",
    griffe.ParameterKind.var_keyword: "**",
}


def _parameters(function: griffe.Function) -> str:
    shown, bare_star = [], False
    for parameter in function.parameters:
        if parameter.name in ("self", "cls"):
            continue
        if parameter.kind is griffe.ParameterKind.keyword_only and not bare_star:
            shown.append("*")
        if parameter.kind in (
            griffe.ParameterKind.keyword_only,
            griffe.ParameterKind.var_positional,
        ):
            bare_star = True
        default = "" if parameter.required or parameter.kind in _MARKS else f"={parameter.default}"
        shown.append(f"{_MARKS.get(parameter.kind, '')}{parameter.name}{default}")
    return ", ".join(shown)


def _is_public(name: str) -> bool:
    return not name.startswith("_") or name in ("__init__", "__call__")


def _lines_of(name: str, thing: griffe.Object | griffe.Alias) -> Iterator[str]:
    if isinstance(thing, griffe.Alias):
        try:
            thing = thing.final_target
        except griffe.AliasResolutionError:  # of another library
            yield name
            return
    if isinstance(thing, griffe.Function):
        yield f"{name}({_parameters(thing)})"
        return
    yield name
    if isinstance(thing, griffe.Class):
        members = thing.all_members
    elif isinstance(thing, griffe.Module):  # without what it imports
        members = {each.name: each for each in thing.functions.values()}
    else:
        return
    for member, each in members.items():
        if _is_public(member):
            yield from _lines_of(f"{name}.{member}", each)


def public_api(search_path: Path = ROOT, packages: Sequence[str] = PACKAGES) -> list[str]:
    """A line for each public name."""
    loader = griffe.GriffeLoader(search_paths=[search_path])
    lines: set[str] = set()
    for package in packages:
        module = loader.load(package)
        for name in map(str, module.exports or ()):
            if not name.startswith("_"):
                lines.update(_lines_of(f"{package}.{name}", module.members[name]))
    return sorted(lines)


def _arguments(line: str) -> ast.arguments:
    _, _, parameters = line.partition("(")
    (function,) = ast.parse(f"def function({parameters}: ...").body
    assert isinstance(function, ast.FunctionDef)
    return function.args


def _named(arguments: ast.arguments) -> dict[str, str]:
    """Each argument with its default, None's text where there is none."""
    positional = [each.arg for each in arguments.args]
    required = len(positional) - len(arguments.defaults)
    defaults = ["None"] * required + [f"={ast.unparse(each)}" for each in arguments.defaults]
    named = dict(zip(positional, defaults, strict=True))
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        named[each.arg] = "None" if default is None else f"={ast.unparse(default)}"
    for star in (arguments.vararg, arguments.kwarg):
        if star is not None:
            named["*" + star.arg] = "=()"
    return named


def takes_the_same(before: str, now: str) -> bool:
    """Whether each call that was right is right with what stands there now."""
    old, new = _arguments(before), _arguments(now)
    old_names, new_names = _named(old), _named(new)
    places = [each.arg for each in new.args][: len(old.args)]
    added = [default for name, default in new_names.items() if name not in old_names]
    return (
        places == [each.arg for each in old.args]
        and all(new_names.get(name) == default for name, default in old_names.items())
        and "None" not in added
    )


def unnamed_changes(before: Sequence[str], now: Sequence[str], changelog: str) -> list[str]:
    """What is gone or takes other arguments, and is not named in the changelog."""
    functions = {line.partition("(")[0]: line for line in now if "(" in line}
    there = set(now) | {
        line
        for line in before
        if "(" in line
        and (other := functions.get(line.partition("(")[0]))
        and takes_the_same(line, other)
    }
    changed = [line for line in before if line not in there]
    names = {line: line.partition("(")[0].rpartition(".")[2] for line in changed}
    return [line for line, name in names.items() if not re.search(rf"\b{name}\b", changelog)]


def changelog_since(release: str) -> str:
    """What the changelog says above the section of a release."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return text.partition(f"\n## [{release}]")[0]


def main() -> None:
    """Compare with the snapshot, or write it."""
    now = public_api()
    if sys.argv[1:] == ["--write"]:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        SNAPSHOT.write_text("\n".join([project["version"], *now]) + "\n", encoding="utf-8")
        return
    release, *before = SNAPSHOT.read_text(encoding="utf-8").splitlines()
    gone, new = set(before) - set(now), set(now) - set(before)
    print(f"public API since {release}: {len(gone)} lines gone or changed, {len(new)} new")
    if missing := unnamed_changes(before, now, changelog_since(release)):
        raise SystemExit("changed or gone, and not named in CHANGELOG.md:\n" + "\n".join(missing))


if __name__ == "__main__":
    main()
