"""The names of operations in the statistics."""

from __future__ import annotations

import re

from mock_server.http.operations import OPERATIONS
from nakama_client.load.operations import operation_name


def test_operation_name_is_nakamas_for_each_operation() -> None:
    for line in OPERATIONS.strip().splitlines():
        method, path, name = line.split()
        if method == "GET" and path == "/healthcheck":
            continue
        expected = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
        assert operation_name(method, re.sub(r"\{\w+\}", "some%20id", path)) == expected


def test_operation_name_of_an_rpc_has_its_id() -> None:
    assert operation_name("POST", "/v2/rpc/gift") == "rpc gift"


def test_operation_name_of_what_is_not_nakamas_is_the_path() -> None:
    assert operation_name("POST", "/push/registration") == "/push/registration"
