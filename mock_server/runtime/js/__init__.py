"""Server modules in JavaScript: a pool of contexts (quickjs-ng), each with a thread of its own.

`syntax.py` and `init_module.py` read the bundle as Nakama does, `language.py` names what Nakama's
engine (goja) lacks, `prelude/` makes the language that of goja and brings `nk`, and `functions/`
is the table of what `nk` has.

https://heroiclabs.com/docs/nakama/server-framework/typescript-runtime/
"""
