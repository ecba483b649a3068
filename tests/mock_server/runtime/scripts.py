"""Bundles of a test's own."""

from __future__ import annotations

from collections.abc import Mapping

PARAMETERS = "ctx, logger, nk, payload"


def rpcs(bodies: Mapping[str, str], before: str = "") -> str:
    """A bundle with an RPC function of each of these bodies, by their ids.

    Args:
        bodies: The bodies, which may use `ctx`, `logger`, `nk` and `payload`.
        before: What stands before them.
    """
    functions = (f"function {name}({PARAMETERS}) {{\n{body}\n}}" for name, body in bodies.items())
    registered = (f'initializer.registerRpc("{name}", {name});' for name in bodies)
    return "\n".join(
        (
            before,
            *functions,
            "function InitModule(ctx, logger, nk, initializer) {",
            *registered,
            "}",
        )
    )
