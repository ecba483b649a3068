"""`nk.account…`, `nk.users…`, `nk.authenticate…`, `nk.link…` and `nk.unlink…`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mock_server.features.accounts.core import PROFILE
from mock_server.runtime.errors import BadArgument
from mock_server.runtime.js.errors import ScriptGoError, ScriptTypeError
from mock_server.runtime.js.functions.table import Function, Nk, retold
from mock_server.runtime.js.given import Given, Object, camel_keys, json_of
from mock_server.runtime.js.values import UNDEFINED
from mock_server.wire.uuids import NIL, parse_uuid

_METADATA = frozenset({"metadata", "wallet"})
_USER = "invalid user id"
_NO_USER = "the import has no account.user (Nakama panics here)"
_STRINGS = "expects an array of strings"
_NO_USERS = "failed to get users: ERROR: syntax error at end of input (SQLSTATE 42601)"
_ACCOUNT = (
    "user",
    "wallet",
    "email",
    "devices",
    "custom_id",
    "verify_time",
    "disable_time",
)


def user_object(user: Object) -> Object:
    """A user as JavaScript sees them."""
    shaped: Object = camel_keys(user, _METADATA)
    return shaped


def account_get_id(given: Given, nk: Nk) -> Any:
    """`nk.accountGetId(userId)`."""
    user_id = given.uuid(0, _USER, "expects user id")
    with retold(r"^failed to get account for user_id \S+: ", "error getting account: "):
        return _account(nk("account_get_id", user_id))


def accounts_get_id(given: Given, nk: Nk) -> Any:
    """`nk.accountsGetId(userIds?, deviceIds?)`."""
    ids = _ids(given, 0) if given.has(0) else []
    devices = given.strings(1, _STRINGS) if given.has(1) else []
    if not ids and not devices:
        return []
    return [_account(each) for each in nk("accounts_get_id", ids or None, devices or None)]


def account_update_id(given: Given, nk: Nk) -> Any:
    """`nk.accountUpdateId(userId, username?, displayName?, timezone?, location?, langTag?, …)`."""
    user_id = given.uuid(0, "expects a valid user id")
    profile = {
        name: given.text(number) for number, name in enumerate(PROFILE, 1) if given.has(number)
    }
    if profile.get("username") == "":
        del profile["username"]
    metadata = None
    if given.has(7):
        metadata = json_of(given.object(7, "expects metadata to be an object"))
    nk("javascript.account_update_id", user_id, metadata, profile)
    return UNDEFINED


def account_delete_id(given: Given, nk: Nk) -> Any:
    """`nk.accountDeleteId(userId, recorded?)`."""
    user_id = given.uuid(0, _USER)
    nk("account_delete_id", user_id, given.optional(1, given.flag, False))
    return UNDEFINED


def account_export_id(given: Given, nk: Nk) -> Any:
    """`nk.accountExportId(userId)`."""
    return nk("account_export_id", given.uuid(0, _USER))


def account_import_id(given: Given, nk: Nk) -> Any:
    """`nk.accountImportId(text, userId?)`."""
    text = given.filled(0, "expects data to be present")
    user_id, expected = _import_target(given)
    try:
        with retold("^runtime error: .*", f"error importing account: {_NO_USER}"):
            return _account(nk("account_import_id", text, user_id))
    except BadArgument as error:
        raise ScriptTypeError(error.expected if error.number == 1 else expected) from None


def _import_target(given: Given) -> tuple[str, str]:
    """The id over whose account is imported, and what is said of it if it is none."""
    if not given.has(1):
        return "", ""
    user_id = given.value(1)
    if not isinstance(user_id, str):
        return "none", "expects user id to be a string"  # said after what is wrong with the text
    return user_id or "none", _USER if user_id else "expects user id"


def users_get_id(given: Given, nk: Nk) -> Any:
    """`nk.usersGetId(userIds?, facebookIds?)`."""
    ids = _ids(given, 0) if given.has(0) else []
    facebook = given.strings(1, _STRINGS) if given.has(1) else []
    if not ids and not facebook:
        raise ScriptGoError(_NO_USERS)
    known = [each for each in facebook if each]
    if not ids and not known:
        return []
    return [user_object(each) for each in nk("users_get_id", ids or None, known or None)]


def users_get_username(given: Given, nk: Nk) -> Any:
    """`nk.usersGetUsername(usernames)`."""
    if not given.has(0):
        raise ScriptTypeError("expects an array of usernames")
    names = given.strings(0, _STRINGS)
    if not names:
        raise ScriptGoError(_NO_USERS)
    named = [name for name in names if name]
    users = nk("users_get_username", named) if named else []
    if "" in names:  # the system user's
        users += nk("users_get_id", [NIL])
    return [user_object(each) for each in users]


def users_get_friend_status(given: Given, nk: Nk) -> Any:
    """`nk.usersGetFriendStatus(userId, userIds)`."""
    user_id, ids = given.uuid(0, _USER), given.strings(1, _STRINGS)
    if not all(parse_uuid(each) for each in ids):
        raise ScriptTypeError(_USER)
    return camel_keys(nk("users_get_friend_status", user_id, ids), _METADATA) if ids else []


def users_get_random(given: Given, nk: Nk) -> Any:
    """`nk.usersGetRandom(count)`."""
    count = given.integer(0)
    if not 0 <= count <= 1000:
        raise ScriptTypeError("count must be 0-1000")
    return [user_object(each) for each in nk("users_get_random", count)]


def users_ban_id(given: Given, nk: Nk) -> Any:
    """`nk.usersBanId(userIds)`."""
    nk("users_ban_id", _required_ids(given))
    return UNDEFINED


def users_unban_id(given: Given, nk: Nk) -> Any:
    """`nk.usersUnbanId(userIds)`."""
    nk("users_unban_id", _required_ids(given))
    return UNDEFINED


def authenticate_device(given: Given, nk: Nk) -> Any:
    """`nk.authenticateDevice(id, username?, create?)`."""
    return _authenticated(given, nk, "authenticate_device", (given.filled(0, "expects id string"),))


def authenticate_custom(given: Given, nk: Nk) -> Any:
    """`nk.authenticateCustom(id, username?, create?)`."""
    return _authenticated(given, nk, "authenticate_custom", (given.filled(0, "expects id string"),))


def authenticate_email(given: Given, nk: Nk) -> Any:
    """`nk.authenticateEmail(email, password, username?, create?)`."""
    email = given.defined(0, given.text, "")
    if given.value(1) == "" or not isinstance(given.value(1), str):
        _check_first(nk, "authenticate_email", email, "")
    password = given.filled(1, "expects password string")
    return _authenticated(given, nk, "authenticate_email", (email, password))


def authenticate_token_generate(given: Given, nk: Nk) -> Any:
    """`nk.authenticateTokenGenerate(userId, username?, exp?, vars?)`."""
    user_id = given.uuid(0, "expects valid user id", "expects user id")
    username = given.optional(1, given.text, "")
    expiry = given.optional(2, given.integer, 0)
    variables = given.string_map(3) if given.has(3) else {}
    token, end = nk("authenticate_token_generate", user_id, username, expiry or None, variables)
    return {"token": token, "exp": end}


def link_facebook(given: Given, nk: Nk) -> Any:
    """`nk.linkFacebook(userId, username, token, import?)`."""
    user_id = given.uuid(0, _USER)
    username = given.filled(1, "expects username string")
    token = given.filled(2, "expects token string")
    nk("link_facebook", user_id, username, token, given.defined(3, given.flag, True))
    return UNDEFINED


def link_steam(given: Given, nk: Nk) -> Any:
    """`nk.linkSteam(userId, username, token, import?)`."""
    user_id = given.uuid(0, _USER)
    username = given.filled(1, "expects username string")
    token = given.filled(2, "expects token string")
    nk("link_steam", user_id, username, token, given.defined(3, given.flag, True))
    return UNDEFINED


def link_email(given: Given, nk: Nk) -> Any:
    """`nk.linkEmail(userId, email, password)`."""
    user_id = given.uuid(0, _USER)
    email = given.filled(1, "expects email string")
    nk("link_email", user_id, email, given.filled(2, "expects password string"))
    return UNDEFINED


def _linking(name: str, what: str) -> Function:
    def link(given: Given, nk: Nk) -> Any:
        nk(f"link_{name}", given.uuid(0, _USER), given.filled(1, f"expects {what} string"))
        return UNDEFINED

    return link


def _unlinking(name: str) -> Function:
    def unlink(given: Given, nk: Nk) -> Any:
        user_id = given.uuid(0, _USER)
        nk(f"unlink_{name}", user_id, given.defined(1, given.text, "") or None)
        return UNDEFINED

    return unlink


def unlink_device(given: Given, nk: Nk) -> Any:
    """`nk.unlinkDevice(userId, deviceId)`."""
    nk("unlink_device", given.uuid(0, _USER), given.filled(1, "expects device ID string"))
    return UNDEFINED


def _authenticating(
    name: str, expected: str, *, imports: bool = False, is_configured: bool = False
) -> Function:
    """A function that authenticates with one token.

    Args:
        name: Nakama's name of the provider.
        expected: What is said of an empty token.
        imports: Whether the second argument says that friends become friends here.
        is_configured: Whether it does nothing without settings, which it says first.
    """

    def authenticate(given: Given, nk: Nk) -> Any:
        if is_configured:
            _check_first(nk, f"authenticate_{name}", "")
        credentials: list[Any] = [given.filled(0, expected)]
        if imports:
            credentials.append(given.defined(1, given.flag, True))
        return _authenticated(given, nk, f"authenticate_{name}", credentials)

    return authenticate


def authenticate_game_center(given: Given, nk: Nk) -> Any:
    """`nk.authenticateGameCenter(playerId, bundleId, timestamp, salt, signature, url, ...)`."""
    return _authenticated(given, nk, "authenticate_game_center", _game_center(given, 0))


def link_game_center(given: Given, nk: Nk) -> Any:
    """`nk.linkGameCenter(userId, playerId, bundleId, timestamp, salt, signature, url)`."""
    nk("link_gamecenter", given.uuid(0, _USER), *_game_center(given, 1))
    return UNDEFINED


def unlink_game_center(given: Given, nk: Nk) -> Any:
    """`nk.unlinkGameCenter(userId, playerId?, bundleId?, timestamp?, salt?, signature?, url?)`."""
    user_id = given.uuid(0, _USER)
    checks = (given.text, given.text, given.integer, given.text, given.text, given.text)
    values = (given.defined(number, check, None) for number, check in enumerate(checks, 1))
    proof = [value or None for value in values]
    # A proof with gaps is none, and nothing is said of it.
    nk("unlink_gamecenter", user_id, *(proof if all(proof) else ()))
    return UNDEFINED


def _game_center(given: Given, first: int) -> list[Any]:
    """What Apple's Game Center signs for a player, from one argument on."""
    player, bundle = (
        given.filled(first + number, f"expects {name} ID string")
        for number, name in enumerate(("player", "bundle"))
    )
    timestamp = given.integer(first + 2)
    if not timestamp:
        raise ScriptTypeError("expects timestamp value")
    salt, signature, url = (
        given.filled(first + number, f"expects {name} string")
        for number, name in enumerate(("salt", "signature", "public key URL"), 3)
    )
    return [player, bundle, timestamp, salt, signature, url]


LINKS: dict[str, Function] = {
    "linkDevice": _linking("device", "device ID"),
    "linkCustom": _linking("custom", "custom ID"),
    "linkApple": _linking("apple", "token"),
    "linkGoogle": _linking("google", "token"),
    "linkFacebookInstantGame": _linking("facebook_instant_game", "signed player info"),
    **{
        f"unlink{title}": _unlinking(name)
        for title, name in {
            "Custom": "custom",
            "Email": "email",
            "Apple": "apple",
            "Facebook": "facebook",
            "FacebookInstantGame": "facebook_instant_game",
            "Google": "google",
            "Steam": "steam",
        }.items()
    },
    "authenticateApple": _authenticating("apple", "expects token string", is_configured=True),
    "authenticateFacebook": _authenticating("facebook", "expects token string", imports=True),
    "authenticateFacebookInstantGame": _authenticating(
        "facebook_instant_game", "expects signed player info"
    ),
    "authenticateGoogle": _authenticating("google", "expects ID token string"),
    "authenticateSteam": _authenticating(
        "steam", "expects token string", imports=True, is_configured=True
    ),
}
"""The functions that differ in their names only."""


def _check_first(nk: Nk, name: str, *credentials: str) -> None:
    """Raise what is said before the last of the credentials is looked at, which is empty here."""
    try:
        nk(name, *credentials)
    except BadArgument as error:
        if error.number < len(credentials):
            raise


def _authenticated(given: Given, nk: Nk, name: str, credentials: Sequence[Any]) -> Object:
    """What an authentication tells, whose last arguments are the user name and `create`."""
    number = len(credentials)
    username = given.defined(number, given.text, "")
    create = given.defined(number + 1, given.flag, True)
    return _login(nk(name, *credentials, username or None, create))


def _login(result: tuple[str, str, bool]) -> Object:
    user_id, username, created = result
    return {"userId": user_id, "username": username, "created": created}


def _account(table: Object) -> Object:
    account = {name: table[name] for name in _ACCOUNT if name in table}
    shaped: Object = camel_keys(account, _METADATA)
    return shaped


def _ids(given: Given, number: int) -> list[str]:
    ids = given.strings(number, _STRINGS)
    for text in ids:
        if parse_uuid(text) is None:
            raise ScriptTypeError(f"{_USER}: {text}")
    return ids


def _required_ids(given: Given) -> list[str]:
    if not given.has(0):
        raise ScriptTypeError("expects array of user ids")
    return _ids(given, 0)
