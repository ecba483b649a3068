"""What goja lacks is absent at run time, and named when a bundle is loaded."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from mock_server import ModuleLoadError
from mock_server.runtime.js.language import unknown_names
from mock_server.runtime.js.sprintf import sprintf
from mock_server.runtime.js.syntax import parse
from mock_server.runtime.js.values import UNDEFINED, decode
from tests.mock_server.runtime.game import serving
from tests.mock_server.runtime.scripts import rpcs

FOREIGN = {
    "async function* f() {}": "async generators",
    "var o = {async *m() {}};": "async generators",
    "async function f() { for await (var x of []) {} }": "`for await`",
    "function f() { return import('x'); }": "`import()`",
    "var r = /a/d;": "the flag `d` of regular expressions",
    "var r = /a/v;": "the flag `v` of regular expressions",
    "import {x} from 'y';": "no `import`, no `export`",
    "export var x = 1;": "no `import`, no `export`",
}


@pytest.mark.parametrize("source", list(FOREIGN))
@pytest.mark.asyncio
async def test_syntax_that_goja_does_not_parse_stops_the_start(tmp_path: Path, source: str) -> None:
    with pytest.raises(ModuleLoadError) as raised:
        async with serving(tmp_path, {"index.js": f"// a comment\n{source}"}):
            pass
    message = str(raised.value)
    assert message.startswith(f"{tmp_path / 'index.js'}:2: SyntaxError: index.js: Line 2:")
    assert FOREIGN[source] in message


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("console.log(1)", ["`console` (use `logger`)"]),
        ("setTimeout(f, 1)", ["`setTimeout` (there are no timers)"]),
        ("Object.groupBy([], f)", ["`Object.groupBy`"]),
        ("typeof console !== 'undefined'", []),
        ("var console = logger; console.info('x')", []),
        ("function f(fetch) { return fetch(); }", []),
        ("o.console", []),
        ("structuredClone(new WeakRef(o))", ["`structuredClone`", "`WeakRef`"]),
    ],
)
def test_names_that_goja_does_not_know_are_found(source: str, told: list[str]) -> None:
    assert [finding.what for finding in unknown_names(parse(source))] == told


@pytest.mark.asyncio
async def test_loading_a_bundle_warns_of_names_that_are_absent_at_run_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bundle = rpcs({"say": "try { console.log(1); } catch (e) { return e.message; }"})
    async with serving(tmp_path, {"index.js": bundle}) as game:
        assert (await game.rpc("say")).body == "console is not defined"
    warning = f"{tmp_path / 'index.js'}:3: `console` (use `logger`) does not exist in Nakama's "
    assert any(each.startswith(warning) for each in caplog.messages)


CALLS = {
    "a member that is none": ("nk.nothing(1)", "TypeError: Object has no member 'nothing'"),
    "a member of nothing": (
        "return ctx.none.x",
        "TypeError: Cannot read property 'x' of undefined",
    ),
    "JSON that is none": (
        "JSON.parse('{nope')",
        "SyntaxError: invalid character 'n' looking for beginning of object key string",
    ),
    "no JSON": ("JSON.parse('')", "SyntaxError: Unexpected end of JSON input (EOF)"),
    "JSON that ends early": (
        "JSON.parse('{\"a\": [1,')",
        "SyntaxError: Unexpected end of JSON input (EOF)",
    ),
    "JSON that ends in a text": ("JSON.parse('[\"a')", "SyntaxError: unexpected EOF"),
    "JSON that ends in a word": ("JSON.parse('tru')", "SyntaxError: unexpected EOF"),
    "a member set of nothing": (
        "ctx.none.x = 1",
        "TypeError: Cannot convert undefined or null to object",
    ),
    "an empty array": ("[].reduce(function () {})", "TypeError: No initial value"),
    "a text repeated less than never": ("'x'.repeat(-1)", "RangeError: Invalid count value"),
    "a number of too many digits": (
        "(1).toFixed(101)",
        "RangeError: toFixed() precision must be between 0 and 100",
    ),
    "JSON of a circle": (
        "const a = []; a.push(a); JSON.stringify(a)",
        "TypeError: Converting circular structure to JSON",
    ),
    "JSON of a BigInt": (
        "JSON.stringify(1n)",
        "TypeError: Do not know how to serialize a BigInt",
    ),
    "a name that is none": ("return nothing", "ReferenceError: nothing is not defined"),
}


@pytest.mark.parametrize(("body", "text"), CALLS.values(), ids=list(CALLS))
@pytest.mark.asyncio
async def test_errors_of_the_engine_have_the_words_of_goja(
    tmp_path: Path, body: str, text: str
) -> None:
    async with serving(tmp_path, {"index.js": rpcs({"fail": body})}) as game:
        assert (await game.failure("fail")).startswith(f"{text} at ")


@pytest.mark.asyncio
async def test_a_thrown_value_is_reported_with_its_line_and_column(tmp_path: Path) -> None:
    bundle = rpcs({"fail": "throw {reason: 1};", "late": "throw 'a'; throw 'b';"})
    async with serving(tmp_path, {"index.js": bundle}) as game:
        assert (await game.failure("fail")).startswith("[object Object] at fail (index.js:3:")
        assert (await game.failure("late")).startswith("a at late (index.js:6:")


@pytest.mark.parametrize(
    ("form", "values", "text"),
    [
        ("%s %d %v %q", ["x", 5, {"a": [1, "b"], "c": None}, "q"], 'x 5 map[a:[1 b] c:<nil>] "q"'),
        ("%d missing", [], "%!d(MISSING) missing"),
        ("none", [1, "x"], "none%!(EXTRA int64=1, string=x)"),
        ("%s %s", [None, UNDEFINED], "%!s(<nil>) %!s(<nil>)"),
        ("%s %d", [5, 1.5], "%!s(int64=5) %!d(float64=1.5)"),
        ("%f %.2f %f", [5, 1.005, 1.5], "%!f(int64=5) 1.00 1.500000"),
        ("100%", [], "100%!(NOVERB)"),
        ("%%", [], "%"),
        (
            "[%5d|%-5s|%05d|%x|%t|%T]",
            [7, "a", 42, 255, True, "x"],
            "[    7|a    |00042|ff|true|string]",
        ),
        ("%v %v %v", [1e21, 0.00001, 123456789.0], "1e+21 1e-05 1.23456789e+08"),
    ],
)
def test_the_logger_formats_as_go_does(form: str, values: list[object], text: str) -> None:
    assert sprintf(form, values) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"a\ud800b"', "a\ufffdb"),
        (r'"\\ud800"', r"\ud800"),
        ('"\U0001f600"', "\U0001f600"),
        ("9007199254740992", 9007199254740992),
        ("9007199254740994", 9007199254740994.0),
        ('{"$":"o","v":{"$":1}}', {"$": 1}),
        ('{"$":"b","v":"00ff"}', b"\x00\xff"),
        ('{"$":"u"}', UNDEFINED),
    ],
)
def test_values_arrive_as_they_were_sent(text: str, value: object) -> None:
    arrived = decode(text)
    assert arrived == value
    assert type(arrived) is type(value)


@pytest.mark.asyncio
async def test_nothing_of_the_host_can_be_reached(tmp_path: Path) -> None:
    body = """
    var names = Object.getOwnPropertyNames(globalThis).filter(function (name) {
      return name.charAt(0) === "$" || /python|std|os|bjson/i.test(name);
    });
    var prepare = Object.getOwnPropertyNames(Error).sort().join();
    return JSON.stringify([names, prepare, typeof host, typeof given]);
    """
    async with serving(tmp_path, {"index.js": rpcs({"look": body})}) as game:
        assert (await game.rpc("look")).body == [
            ["$nkThrown", "$nkCode"],
            "length,name,prototype",
            "undefined",
            "undefined",
        ]


def test_the_log_is_quiet_about_a_clean_bundle(caplog: pytest.LogCaptureFixture) -> None:
    source = (Path(__file__).parents[2] / "javascript" / "index.js").read_text("utf-8")
    caplog.set_level(logging.WARNING)
    assert unknown_names(parse(source)) == []


EVALUATED = """
function run(ctx, logger, nk, payload) {
  var local = 'seen';
  try { return '' + eval(payload); } catch (error) { return String(error); }
}
function fail(ctx, logger, nk, payload) { eval('1'); eval('2'); throw {code: 3}; }
function InitModule(ctx, logger, nk, initializer) {
  initializer.registerRpc('run', run);
  initializer.registerRpc('fail', fail);
}
"""


@pytest.mark.asyncio
async def test_code_of_eval_is_what_goja_parses(tmp_path: Path) -> None:
    async with serving(tmp_path, {"index.js": EVALUATED}) as game:
        assert (await game.rpc("run", "local")).body == "seen"
        assert (await game.rpc("run", "/\\p{L}/u.test('a')")).body is False
        refused = (await game.rpc("run", "local;\nasync function* f() {}")).body
        assert refused.startswith("SyntaxError: <eval>: Line 2:")
        assert "async generators" in refused
        answer = await game.rpc("fail")
        place = answer.body["error"]["stackTrace"].partition("\n")[2]
        assert (answer.body["code"], place) == (3, "\tat fail (index.js:6:71(0))\n")


BUILT_INS = {
    "new Date(1970, 0, 1).toLocaleString()": "01/01/1970, 00:00:00",
    "new Date(1970, 0, 1).toLocaleDateString()": "01/01/1970",
    "new Date(1970, 0, 1).toLocaleTimeString()": "00:00:00",
    "String(new Date(NaN))": "Invalid Date",
    "new RegExp('a', 'd')": "SyntaxError: Invalid flags supplied to RegExp constructor 'd'",
    "RegExp('a', 'gv')": "SyntaxError: Invalid flags supplied to RegExp constructor 'gv'",
    "RegExp(/a/g).flags": "g",
    "new RegExp('(b)', 'i').exec('aB')[1]": "B",
    "/a/ instanceof RegExp": "true",
    "typeof JSON.rawJSON": "undefined",
    "typeof ''.anchor": "undefined",
    "typeof new Date().getYear": "undefined",
    "typeof ({}).__defineGetter__": "undefined",
    "typeof new DataView(new ArrayBuffer(8)).getFloat16": "undefined",
}


@pytest.mark.asyncio
async def test_built_in_objects_are_those_of_goja(tmp_path: Path) -> None:
    body = """
    try { return JSON.stringify(String(new Function("return " + payload)())); }
    catch (error) { return JSON.stringify(String(error)); }
    """
    async with serving(tmp_path, {"index.js": rpcs({"run": body})}) as game:
        told = {code: (await game.rpc("run", code)).body for code in BUILT_INS}
        date = (await game.rpc("run", "new Date(0).toString()")).body
    assert told == BUILT_INS
    assert re.fullmatch(r"\w{3} \w{3} \d\d \d{4} \d\d:\d\d:\d\d GMT[+-]\d{4} \(.+\)", date)
