"""Runs the calls of an SDK one after another and prints the outcome of each as JSON.

It runs in a process of its own, because two versions of the SDK cannot be imported in one.
"""

from __future__ import annotations

import json
import sys
import traceback
import urllib.parse
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, TypeVar

Step = Callable[[SimpleNamespace], None]
Failure = TypeVar("Failure", bound=Exception)
STEPS: list[Step] = []


def step(function: Step) -> Step:
    """Make a function one step; it gets what the earlier ones left."""
    STEPS.append(function)
    return function


def refused(kind: type[Failure], call: Callable[..., Any], *arguments: Any) -> Failure:
    """The error that a call ends with."""
    try:
        call(*arguments)
    except kind as error:
        return error
    raise AssertionError("the call was not refused")


def main(host: str, user_key: str, api: Any) -> None:
    """Run every step; one that fails does not stop those after it."""
    origin = host.removesuffix("/api/v1")

    def control(method: str, path: str) -> Any:
        request = urllib.request.Request(f"{origin}{path}", method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def pushes(**query: str) -> Any:
        return control("GET", f"/_control/pushes?{urllib.parse.urlencode(query)}")["pushes"]

    in_a_year = datetime.now(UTC) + timedelta(days=365)
    state = SimpleNamespace(
        host=host,
        user_key=user_key,
        api=api,
        control=control,
        pushes=pushes,
        in_a_year=in_a_year,
    )
    results = {}
    for function in STEPS:
        try:
            function(state)
        except Exception:
            results[function.__name__] = traceback.format_exc()
        else:
            results[function.__name__] = ""
    json.dump(results, sys.stdout)
