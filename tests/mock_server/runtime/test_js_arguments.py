"""What `nk` says in JavaScript of arguments that it does not take."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mock_server.runtime.game import serving
from tests.mock_server.runtime.scripts import rpcs

NO_JSON = "json: unsupported type: func(goja.FunctionCall) goja.Value"
CYCLE = "json: unsupported value: encountered a cycle via map[string]interface {}"
REFUSALS = {
    "nk.accountUpdateId(ID, null, null, null, null, null, null, {f() {}})": (
        f"GoError: failed to convert metadata: {NO_JSON}"
    ),
    "nk.walletUpdate(ID, {}, {f() {}})": f"GoError: failed to convert metadata: {NO_JSON}",
    "nk.walletLedgerUpdate(ID, {f() {}})": f"GoError: failed to convert metadata: {NO_JSON}",
    "nk.storageWrite([{collection: 'c', key: 'k', value: {f() {}}}])": (
        f"TypeError: failed to convert value: {NO_JSON}"
    ),
    "nk.multiUpdate([], [{collection: 'c', key: 'k', value: {f() {}}}])": (
        f"GoError: failed to convert value: {NO_JSON}"
    ),
    "nk.leaderboardCreate('x', false, 'desc', 'best', '', {f() {}})": (
        f"TypeError: error encoding metadata: {NO_JSON}"
    ),
    "nk.tournamentCreate('x', false, 'desc', 'best', 9, '', {f() {}})": (
        f"GoError: error encoding metadata: {NO_JSON}"
    ),
    "nk.groupCreate(ID, 'n', ID, '', '', '', true, {f() {}})": (
        f"GoError: error encoding metadata: {NO_JSON}"
    ),
    "nk.groupUpdate(ID, ID, 'n', ID, '', '', '', true, {f() {}})": (
        f"GoError: failed to convert metadata: {NO_JSON}"
    ),
    "nk.channelMessageSend('2...x', {f() {}})": f"TypeError: error encoding content: {NO_JSON}",
    "nk.friendMetadataUpdate(ID, ID, {f() {}})": (
        f"GoError: error updating froind metadata: {NO_JSON}"
    ),
    "const a = {}; a.a = a; nk.notificationSend(ID, 's', a, 1)": (
        f"GoError: failed to convert content: {CYCLE}"
    ),
    "nk.linkGameCenter('x')": "TypeError: invalid user id",
    "nk.linkGameCenter(ID, 'p')": "TypeError: expects string",
    "nk.linkGameCenter(ID, 'p', '')": "TypeError: expects bundle ID string",
    "nk.linkGameCenter(ID, 'p', 'b', 0)": "TypeError: expects timestamp value",
    "nk.linkGameCenter(ID, 'p', 'b', 1, 's', 's', '')": "TypeError: expects public key URL string",
    "nk.authenticateGameCenter('')": "TypeError: expects player ID string",
    "nk.authenticateGoogle('')": "TypeError: expects ID token string",
    "nk.authenticateFacebookInstantGame('')": "TypeError: expects signed player info",
    "nk.authenticateFacebook('t', 'yes')": "TypeError: expects boolean",
    "nk.authenticateSteam('t', 'yes')": "GoError: Steam authentication is not configured",
    "nk.authenticateApple()": "GoError: Apple authentication is not configured",
    "nk.authenticateEmail('a@b.cc', '')": (
        "TypeError: expects email to be valid, must be 10-255 bytes"
    ),
    "nk.authenticateEmail('player@example.com')": "TypeError: expects string",
    "nk.friendsBlock(ID, 'me')": "ok",
    "nk.friendsDelete(ID, 'me')": "ok",
    "nk.friendsBlock(ID, 'me', [])": "TypeError: no valid ID or username was provided",
    "nk.friendsAdd(ID, 'me', [nk.authenticateCustom('custom-1').userId], [], {})": (
        'TypeError: ERROR: insert or update on table "user_edge" violates foreign key '
        'constraint "user_edge_source_id_fkey" (SQLSTATE 23503)'
    ),
    "nk.friendsBlock(ID, 'me', [nk.authenticateCustom('custom-1').userId])": (
        "GoError: error while trying to block friends: ERROR: insert or update on table "
        '"user_edge" violates foreign key constraint "user_edge_source_id_fkey" (SQLSTATE 23503)'
    ),
    "nk.localcachePut('k', {}, -1)": "TypeError: ttl must be 0 or more",
    "nk.leaderboardsGetId([''])": "ok",
    "nk.tournamentJoin('t', '', 'me')": "TypeError: expects a user ID string",
    "nk.groupUsersBan(ID, [ID], ID)": (
        "GoError: error while trying to ban users from group: group permission denied"
    ),
    "if (nk.usersGetUsername([''])[0].username !== '') throw 'nobody'": "ok",
    "nk.streamUserKick({userId: ID, sessionId: ID, node: 5}, {})": "TypeError",
    "nk.streamUserKick({userId: ID, sessionId: ID, node: ''}, {})": (
        "TypeError: expects each presence to have a valid userId, sessionId, and node"
    ),
    "nk.streamUserKick({userId: ID, sessionId: ID}, {mode: 5})": (
        "GoError: stream user kick failed: node not found"
    ),
    "nk.streamSend({mode: 5}, 'd', [{nodeId: 5}])": "TypeError: expects node id to be a string",
    "nk.streamSend({mode: 5}, 'd', [{sessionId: ''}])": "TypeError: invalid presence sessionId",
    "nk.streamSendRaw({mode: 5}, {}, 'x')": "TypeError: expects a presences array",
    "nk.groupUserJoin('', ID, 'n')": "TypeError: expects a group ID string",
    "nk.groupUserJoin(ID, '', 'n')": "TypeError: expects a user ID string",
    "nk.groupUsersBan('', [])": "TypeError: expects a group ID string",
    "nk.groupUsersKick('', [])": "TypeError: expects group ID to be a valid identifier",
    "nk.leaderboardRanksDisable('')": "GoError: leaderboard not found",
    "nk.tournamentsRanksDisable('none')": "GoError: tournament not found",
    "nk.event('', {})": "ok",
    "nk.base64Decode('w6\\r\\nk=', false)": "ok",
    "nk.base64Decode('w6k=\\n')": "GoError: Failed to decode string: w6k=\n===",
    "nk.bcryptCompare('x'.repeat(60), 'y')": (
        "GoError: error comparing hash and plaintext: crypto/bcrypt: bcrypt hashes must start with "
        "'$', but hashedSecret started with 'x'"
    ),
    "nk.bcryptCompare('$9a$10$' + 'x'.repeat(53), 'y')": (
        "GoError: error comparing hash and plaintext: crypto/bcrypt: bcrypt algorithm version '9' "
        "requested is newer than current version '2'"
    ),
    "nk.bcryptCompare('$2a$99$' + 'x'.repeat(53), 'y')": (
        "GoError: error comparing hash and plaintext: crypto/bcrypt: cost 99 is outside allowed "
        "inclusive range 4..31"
    ),
    "nk.bcryptCompare('$2a$xy$' + 'x'.repeat(53), 'y')": (
        'GoError: error comparing hash and plaintext: strconv.Atoi: parsing "xy": invalid syntax'
    ),
    "nk.bcryptCompare('$2a$10$xx!' + 'x'.repeat(50), 'y')": (
        "GoError: error comparing hash and plaintext: illegal base64 data at input byte 2"
    ),
    "nk.bcryptCompare('$2$04$' + 'x'.repeat(54), 'y')": "ok",
    "nk.friendsList('')": "TypeError: expects a user ID string",
    "nk.friendsList(ID, 1, -5)": "TypeError: expects state to be 0-3",
    "nk.friendsOfFriendsList(ID, 1, 'x')": (
        "GoError: error while trying to list friends for a user: friend cursor invalid"
    ),
    "nk.unlinkCustom(ID, null)": "TypeError: expects string",
    "nk.unlinkDevice(ID, '')": "TypeError: expects device ID string",
    "nk.matchCreate('m', null)": "TypeError: expects params to be an object",
    "nk.matchCreate('m', {f() {}})": "GoError: error creating match: cannot encode params",
    "nk.matchCreate('m', {a: [new Date(0)]})": (
        "GoError: error creating match: cannot encode params"
    ),
    "nk.matchList(null)": "TypeError: expects number",
    "nk.matchSignal('x', null)": "TypeError: expects string",
    "nk.walletUpdate(ID, {}, {}, null)": "TypeError: expects boolean",
    "nk.walletsUpdate([], null)": "TypeError: expects boolean",
    "nk.leaderboardCreate('b', true, 'ascending', 'increment')": "ok",
    "nk.leaderboardRecordWrite('b', ID, 'u', 1, 1, {}, 'DECREMENT')": "ok",
    "nk.leaderboardRecordWrite('b', ID, 'u', 1, 1, {}, '')": "TypeError: invalid operator",
    "nk.leaderboardRecordWrite('none', ID, 'u', -1)": (
        "GoError: error writing leaderboard record: leaderboard not found"
    ),
    "nk.leaderboardRecordsList('b', null, 100000)": "ok",
    "nk.leaderboardRecordsHaystack('b', ID, 10, '', -1)": "ok",
    "nk.leaderboardRecordsHaystack('b', ID, 10, '', null)": "TypeError: expects number",
    "nk.tournamentCreate('t', true, 'descending', 'decrement', 60)": "ok",
    "nk.tournamentRecordsList('t', null, null)": "TypeError: expects number",
    "nk.tournamentRecordsList('t', null, 1, null)": "TypeError: expects string",
    "nk.tournamentRecordsHaystack('t', ID, 1, '', -1)": (
        "TypeError: expiry should be time since epoch in seconds and has to be a positive integer"
    ),
    "nk.purchaseValidateApple('x')": "GoError: apple IAP is not configured",
    "nk.purchaseValidateApple('x', 'r', true, 'secret')": (
        "TypeError: expects user ID to be a valid identifier"
    ),
    "nk.purchaseValidateHuawei()": "GoError: huawei IAP is not configured",
    "nk.purchaseValidateFacebookInstant()": "GoError: facebook instant IAP is not configured",
    "nk.purchaseValidateGoogle('x')": "TypeError: expects user ID to be a valid identifier",
    "nk.walletLedgerList('x')": "TypeError: expects a valid user id",
    "nk.walletLedgerList(ID, null)": "TypeError: expects number",
    "nk.walletLedgerList(ID, 1000)": "ok",
    "nk.walletLedgerList(ID, -1)": "ok",
    "nk.walletLedgerList(ID, -2)": (
        "GoError: failed to retrieve user wallet ledger: ERROR: LIMIT must not be negative "
        "(SQLSTATE 2201W)"
    ),
    "nk.walletLedgerList(ID, 1, null)": "TypeError: expects string",
    "nk.walletLedgerList(ID, 1, 'x')": (
        "GoError: failed to retrieve user wallet ledger: wallet ledger cursor invalid"
    ),
    "nk.usersGetUsername([''])": "ok",
    "nk.multiUpdate(5)": "TypeError: expects an array of account updates",
    "nk.multiUpdate(null, 5)": "TypeError: expects a valid array of data",
    "nk.multiUpdate(null, null, 5)": "TypeError: expects a valid array of data",
    "nk.multiUpdate(null, null, null, 5)": ("TypeError: expects an array of wallet update objects"),
    "nk.multiUpdate([{userId: null}])": "TypeError: expects 'userId' value to be a string",
    "nk.multiUpdate([{userId: ID, username: 5}])": "TypeError: expects a string",
    "nk.multiUpdate([{userId: ID, langTag: undefined}])": "TypeError: expects a string",
    "nk.multiUpdate([{metadata: []}])": "TypeError: expects metadata to be a key value object",
    "nk.multiUpdate([], [{userId: 'x'}])": "TypeError: expects 'userId' value to be a valid id",
    "nk.multiUpdate([], [{userId: null}])": "TypeError: expects 'userId' value to be a string",
    "nk.multiUpdate([], [{collection: 'c', key: 'k'}])": (
        "TypeError: expects value to be supplied"
    ),
    "nk.multiUpdate([], [], [{version: ''}])": (
        "TypeError: expects 'version' value to be a non-empty string"
    ),
    "nk.multiUpdate([], [], [], [{userId: null}])": "TypeError: expects a valid user id",
    "nk.walletsUpdate([{userId: ID, changeset: {}, metadata: null}])": (
        "TypeError: expects metadata object"
    ),
    "nk.storageWrite([{collection: 'n', key: 'k', value: {}, userId: null, version: null}])": "ok",
    "nk.storageWrite([{collection: null, key: 'k'}])": (
        "TypeError: expects 'collection' value to be a string"
    ),
    "nk.storageWrite([{key: 'k', value: 5}])": "TypeError: expects 'value' value to be an object",
    "nk.storageWrite([{key: 'k', value: {}}])": "TypeError: expects collection to be supplied",
    "nk.storageWrite([{collection: 'c', key: 'k', value: {}, permissionRead: null}])": (
        "TypeError: expects 'permissionRead' value to be a number"
    ),
    "nk.storageRead([{collection: 'c', key: 'k', userId: null}])": (
        "TypeError: expects 'userId' value to be a string"
    ),
    "nk.storageDelete([{userId: 'x'}])": "TypeError: expects 'userId' value to be a valid id",
    "nk.storageDelete([{collection: 'c', key: 'k', version: null}])": (
        "TypeError: expects 'version' value to be a string"
    ),
    "nk.storageWriteRetry([], 5, 11)": "ok",
    "nk.storageWriteRetry([{}], () => [])": "TypeError: expects number",
    "nk.storageWriteRetry([{}], () => [], 11)": (
        "TypeError: max retries must be a value between 0 and 10"
    ),
    "nk.notificationSend(ID, 's', {}, -1500)": "ok",
    "nk.notificationSend(ID, 's', {}, -999)": (
        "GoError: expects code number to be a positive integer"
    ),
    "nk.notificationsSend([{subject: null}])": "TypeError: expects 'subject' value to be a string",
    "nk.notificationsSend([{senderId: null}])": (
        "TypeError: expects 'senderId' value to be a string"
    ),
    "nk.notificationsSend([{code: 0, userId: 'x'}])": (
        "TypeError: expects 'code' value to be a positive integer."
    ),
    "nk.notificationsSend([{content: {f() {}}}])": (
        f"GoError: failed to convert content: {NO_JSON}"
    ),
    "nk.notificationsUpdate([{id: null}])": (
        "TypeError: expects 'id' value to be a non-empty string"
    ),
    "nk.notificationsUpdate([{id: ID, content: null}])": (
        "TypeError: expects 'content' value to be a non-empty map"
    ),
    "nk.notificationsDelete([{userId: null}])": "TypeError: expects 'userId' value to be a string",
    "nk.streamUserKick({userId: null})": "TypeError: presence userId must be a string",
    "nk.streamUserKick({userId: ID, node: undefined})": "TypeError",
    "nk.streamCount({mode: 5, subject: undefined})": "TypeError: stream subject must be a string",
    "nk.leaderboardList(1, '')": "TypeError: expects cursor to be valid when provided",
    "nk.tournamentList(0, 127, 0, 0, 1, '')": (
        "TypeError: expects cursor to be valid when provided"
    ),
    "nk.tournamentList(5)": "TypeError: category end must be >= category start",
    "nk.tournamentList(0, 127, 0)": "TypeError: end time must be >= start time",
    "nk.tournamentList(0, 127, 5, 0)": "TypeError: end time must be >= start time",
    "nk.storageList('')": "TypeError: expects empty or valid user id",
    "nk.storageList(null, 'c', 1, '', '')": ("TypeError: expects caller id to be valid identifier"),
    "nk.storageIndexList('none', '', 1, [], '')": (
        "TypeError: expects caller id to be valid identifier"
    ),
    "nk.purchasesList('')": "TypeError: expects a valid user ID",
    "nk.purchasesList(null, 101)": "TypeError: limit must be 1-100",
    "nk.purchaseGetByTransactionId('t')": ("GoError: there is no purchase t (Nakama panics here)"),
    "nk.purchaseValidateApple(ID, 'r')": "GoError: apple IAP is not configured",
    "nk.subscriptionGetByProductId(ID, 'p')": (
        "GoError: error retrieving purchase: subscription not found"
    ),
    "nk.purchaseGetByTransactionId('')": "TypeError: expects a transaction id string",
    "nk.purchaseValidateGoogle('', 'r')": "TypeError: expects a user ID string",
    "nk.purchaseValidateSamsung(ID, '')": "TypeError: expects purchaseId",
    "nk.subscriptionGetByProductId(ID, '')": "TypeError: expects a transaction id string",
}


@pytest.mark.asyncio
async def test_arguments_are_refused_in_the_words_of_nakama(tmp_path: Path) -> None:
    body = """
    try { new Function('nk', 'ID', payload)(nk, nk.uuidv4()); return 'ok'; }
    catch (error) { return String(error); }
    """
    async with serving(tmp_path, {"index.js": rpcs({"run": body})}) as game:
        answers = {code: (await game.rpc("run", code)).body for code in REFUSALS}
    assert answers == REFUSALS


@pytest.mark.asyncio
async def test_tournaments_lose_their_ranks_and_ledgers_list_more_than_a_page(
    tmp_path: Path,
) -> None:
    body = """
    nk.tournamentCreate('cup', false, 'desc', 'best', 60, null, null, '', '', 0, 0, 0, 0, 0, false,
        true);
    var before = nk.tournamentRecordWrite('cup', ctx.userId, 'ada', 5).rank;
    nk.tournamentsRanksDisable('cup');
    var after = nk.tournamentRecordWrite('cup', ctx.userId, 'ada', 6).rank;
    for (var i = 0; i < 102; i++) { nk.walletUpdate(ctx.userId, {gems: 1}, {}, true); }
    var all = nk.walletLedgerList(ctx.userId, 1000), some = nk.walletLedgerList(ctx.userId, 101);
    var rest = nk.walletLedgerList(ctx.userId, 101, some.cursor);
    return JSON.stringify([before, after, all.items.length, all.cursor, some.items.length,
        rest.items.length, rest.items[0].userId === ctx.userId]);
    """
    async with serving(tmp_path, {"index.js": rpcs({"run": body})}) as game:
        told = (await game.rpc("run", token=await game.login())).body
    assert told == [1, 0, 102, None, 101, 1, True]


@pytest.mark.asyncio
async def test_purchases_and_subscriptions_are_validated_and_listed(tmp_path: Path) -> None:
    bodies = {
        "buy": """
        var first = nk.purchaseValidateApple(ctx.userId, 'apple:sword:t-1').validatedPurchases[0];
        var again = nk.purchaseValidateApple(ctx.userId, 'apple:sword:t-1').validatedPurchases[0];
        var found = nk.purchaseGetByTransactionId('t-1');
        var listed = nk.purchasesList(ctx.userId);
        return JSON.stringify([
          [first.productId, first.store, first.seenBefore, again.seenBefore, found.transactionId],
          listed.validatedPurchases.length, listed.cursor, Object.keys(first).sort(),
        ]);
        """,
        "subscribe": """
        var receipt = 'apple:pass:t-2:expires=4102444800';
        var bought = nk.subscriptionValidateApple(ctx.userId, receipt).validatedSubscription;
        var found = nk.subscriptionGetByProductId(ctx.userId, 'pass');
        var listed = nk.subscriptionsList(ctx.userId).validatedSubscriptions;
        return JSON.stringify([bought.active, bought.expiryTime, found.productId, listed.length]);
        """,
    }
    accept = {"purchases__accept": ("apple",)}
    async with serving(tmp_path, {"index.js": rpcs(bodies)}, **accept) as game:
        token = await game.login()
        told, count, cursor, names = (await game.rpc("buy", token=token)).body
        assert told == ["sword", "APPLE_APP_STORE", False, True, "t-1"]
        assert (count, cursor) == (1, None)
        assert names == [
            "createTime", "environment", "productId", "providerResponse", "purchaseTime",
            "seenBefore", "store", "transactionId", "updateTime", "userId",
        ]  # fmt: skip
        subscribed = (await game.rpc("subscribe", token=token)).body
        assert subscribed == [True, 4102444800, "pass", 1]


@pytest.mark.asyncio
async def test_tournaments_are_listed_by_categories_and_times(tmp_path: Path) -> None:
    body = """
    var now = Math.floor(Date.now() / 1000), at = {open: [0, 0], future: [0, now + 60]};
    var all = Object.keys(at).map(function (id) {
      nk.tournamentCreate(id, true, 'desc', 'best', 60, '', {}, id, '', at[id][0], 0, at[id][1]);
    });
    nk.tournamentCreate('other', true, 'desc', 'best', 60, '', {}, '', '', 5);
    function ids(first, last, start, end) {
      var found = nk.tournamentList(first, last, start, end).tournaments;
      return found.map(function (each) { return each.id; }).sort();
    }
    return JSON.stringify([ids(), ids(0, 127), ids(0, 127, 0, 0), ids(0, 127, null, now + 60)]);
    """
    async with serving(tmp_path, {"index.js": rpcs({"run": body})}) as game:
        assert (await game.rpc("run")).body == [
            ["future", "open"],
            ["future", "open", "other"],
            ["open", "other"],
            ["future"],
        ]


@pytest.mark.asyncio
async def test_a_group_for_nobody_has_room_for_a_hundred(tmp_path: Path) -> None:
    body = """
    var group = nk.groupCreate(ctx.userId, 'g', null, '', '', '', true, {}, 0);
    return String(group.maxCount);
    """
    async with serving(tmp_path, {"index.js": rpcs({"run": body})}) as game:
        assert (await game.rpc("run", token=await game.login())).body == 100


@pytest.mark.asyncio
async def test_texts_of_a_group_are_emptied(tmp_path: Path) -> None:
    body = """
    var made = nk.groupCreate(ctx.userId, 'g', null, 'fr', 'text', 'url', true, {a: 1}, 5);
    nk.groupUpdate(made.id, null, 'h', null, '', '', '');
    var group = nk.groupsGetId([made.id])[0];
    nk.groupUpdate(made.id, ctx.userId, null, ctx.userId, null, null, null, false, {b: 2}, 7);
    var later = nk.groupsGetId([made.id])[0];
    return JSON.stringify([
      [group.name, group.langTag, group.description, group.avatarUrl, group.metadata],
      [later.creatorId === ctx.userId, later.open, later.metadata, later.maxCount],
    ]);
    """
    async with serving(tmp_path, {"index.js": rpcs({"run": body})}) as game:
        emptied, changed = (await game.rpc("run", token=await game.login())).body
    assert emptied == ["h", "", "", "", {"a": 1}]
    assert changed == [True, False, {"b": 2}, 7]


@pytest.mark.asyncio
async def test_texts_of_an_account_are_emptied(tmp_path: Path) -> None:
    body = """
    nk.accountUpdateId(ctx.userId, 'eve', 'Eve', 'CET', 'Rome', 'fr', 'url', {a: 1});
    nk.accountUpdateId(ctx.userId, '', '', '', null, undefined, '', {});
    var user = nk.accountGetId(ctx.userId).user;
    try { nk.accountUpdateId(ctx.userId, null, null, null, null, ''); }
    catch (error) {
      return JSON.stringify([user.username, user.displayName, user.timezone, user.location,
        user.langTag, user.avatarUrl, user.metadata, error.message]);
    }
    """
    async with serving(tmp_path, {"index.js": rpcs({"run": body})}) as game:
        told = (await game.rpc("run", token=await game.login())).body
    message = (
        'error trying to update user: ERROR: null value in column "lang_tag" of relation "users" '
        "violates not-null constraint (SQLSTATE 23502)"
    )
    assert told == ["eve", "", "", "Rome", "fr", "", {}, message]
