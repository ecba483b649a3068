"""Print the table."""

import asyncio

import attrs

from benchmarks import (
    calling,
    competition,
    envelopes,
    feed,
    grpc_calls,
    handlers,
    importing,
    listing,
    load,
    memory,
    mock,
    mock_calls,
    nakama_js,
    onesignal,
    polling,
    receiving,
    relay,
    server,
    starting,
)
from benchmarks.measure import Row

HEADER = Row("", "bare", "ours", "ratio", "target")


def _print(row: Row) -> None:
    name, *others = attrs.astuple(row)
    print(f"{name:<32}" + "".join(f"{each:>14}" for each in others), flush=True)


async def main() -> None:
    _print(HEADER)
    with server.running() as url:
        for benchmark in (
            receiving,
            handlers,
            listing,
            feed,
            calling,
            memory,
            importing,
            envelopes,
            mock,
            starting,
            grpc_calls,
            mock_calls,
            competition,
            relay,
            onesignal,
            polling,
            load,
            nakama_js,
        ):
            for row in await benchmark.measure(url):
                _print(row)


asyncio.run(main())
