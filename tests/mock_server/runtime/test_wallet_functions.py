"""Wallets and their ledger, as server modules change and read them."""

from __future__ import annotations

import aiohttp
import pytest

from mock_server import MockServer, ModuleError
from tests.mock_server.players import sign_up


@pytest.mark.asyncio
async def test_wallets_update_shows_each_result_of_a_user_what_is_there_in_the_end() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        change = {"user_id": ada.user_id, "changeset": {"gold": 2}}
        assert server.nk.wallets_update([change, change]) == [
            {"user_id": ada.user_id, "previous": {}, "updated": {"gold": 4}},
            {"user_id": ada.user_id, "previous": {"gold": 2}, "updated": {"gold": 4}},
        ]


@pytest.mark.asyncio
async def test_wallet_update_refuses_a_sum_beyond_64_bits() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        much = {"gold": (1 << 63) - 1}
        server.nk.wallet_update(ada.user_id, much)
        with pytest.raises(ModuleError, match="negative value at path 'gold'"):
            server.nk.wallet_update(ada.user_id, {"gold": 1})
        assert server.nk.account_get_id(ada.user_id)["wallet"] == much


@pytest.mark.asyncio
async def test_the_ledger_repeats_ids_as_they_were_spelled() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        server.nk.wallet_update(ada.user_id, {"gold": 1}, {"why": "quest"}, True)
        shouted = ada.user_id.upper()
        (item,), _ = server.nk.wallet_ledger_list(shouted)
        assert (item["user_id"], item["metadata"]) == (shouted, {"why": "quest"})
        updated = server.nk.wallet_ledger_update(item["id"].upper(), {"by": "bob"})
        assert (updated["id"], updated["metadata"]) == (item["id"].upper(), {"by": "bob"})
        (item,), _ = server.nk.wallet_ledger_list(ada.user_id)
        assert item["metadata"] == {"why": "quest", "by": "bob"}


@pytest.mark.asyncio
async def test_a_list_as_metadata_is_read_back_as_an_empty_table() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as http:
        nk, ada = server.nk, await sign_up(http, server)
        nk.wallet_update(ada.user_id, {"gold": 1}, ["a", "list"], True)
        nk.account_update_id(ada.user_id, ["a", "list"])
        group = nk.group_create(ada.user_id, "guild", None, None, None, None, None, ["a", "list"])
        (item,), _ = nk.wallet_ledger_list(ada.user_id)
        (user,) = nk.users_get_id([ada.user_id])
        assert [each["metadata"] for each in (item, user, group)] == [{}, {}, {}]
