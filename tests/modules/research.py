"""Thin wrappers around the server runtime, so that a tape can drive it over RPC.

Every function takes one JSON object; null and absent keys are the same.
"""

from mock_server import ModuleError


class Asked(dict):
    """The payload's object; a key that is not there is None, as nil in Lua."""

    def __missing__(self, key):
        return None


def init_module(nk):
    def register(name, function, *, needs=None):
        """Register `research.<name>`, if the runtime has what it needs."""

        def call(context, payload):
            asked = Asked(lua_table(nk.json_decode(payload))) if payload else Asked()
            result = function(context, asked)
            return None if result is None else nk.json_encode(lua_table(result))

        if needs is None or hasattr(nk, needs):
            nk.register_rpc(call, f"research.{name}")

    register_notifications(nk, register)
    register_results(nk, register)
    register_accounts(nk, register)
    register_streams_and_records(nk, register)


def register_notifications(nk, register):
    def send(context, asked):
        nk.notification_send(
            asked["user_id"],
            asked["subject"],
            asked["content"],
            asked["code"],
            asked["sender_id"],
            asked["persistent"],
        )

    def send_all(context, asked):
        nk.notification_send_all(
            asked["subject"], asked["content"], asked["code"], asked["persistent"]
        )

    def send_many(context, asked):
        for i in range(1, asked["count"] + 1):
            nk.notification_send(
                asked["user_id"],
                f"{asked['subject']}{i}",
                {"i": i},
                asked["code"],
                asked["sender_id"],
                asked["persistent"],
            )

    def send_batch(context, asked):
        nk.notifications_send(
            [
                {
                    "user_id": asked["user_id"],
                    "subject": f"{asked['subject']}{i}",
                    "content": {"i": i},
                    "code": asked["code"],
                    "sender_id": asked["sender_id"],
                    "persistent": asked["persistent"],
                }
                for i in range(1, asked["count"] + 1)
            ]
        )

    def list_(context, asked):
        notifications, cursor = nk.notifications_list(
            asked["user_id"], asked["limit"], asked["cursor"]
        )
        return {"notifications": notifications, "cursor": cursor}

    def get_id(context, asked):
        return {"notifications": nk.notifications_get_id(asked["ids"], asked["user_id"])}

    register("notification_send", send)
    register("notifications_send", lambda _, asked: nk.notifications_send(asked["notifications"]))
    register("notification_send_all", send_all)
    register("notification_send_many", send_many)
    register("notifications_send_batch", send_batch)
    register("notifications_list", list_)
    register("notifications_get_id", get_id)
    register(
        "notifications_delete", lambda _, asked: nk.notifications_delete(asked["notifications"])
    )
    register(
        "notifications_delete_id",
        lambda _, asked: nk.notifications_delete_id(asked["ids"], asked["user_id"]),
    )
    register("notifications_update", lambda _, asked: nk.notifications_update(asked["updates"]))


def register_results(nk, register):
    def context_(context, asked):
        return {
            "user_id": context.user_id,
            "username": context.username,
            "session_id": context.session_id,
            "vars": context.vars,
            "lang": context.lang,
            "execution_mode": context.execution_mode,
            "query_params": context.query_params,
            "has_expiry": context.user_session_exp is not None,
        }

    def payload_type(context, payload):
        return "nil" if payload is None else f"string:{len(payload.encode())}"

    def fail(message, code=13):
        raise ModuleError(message, code)

    def error_code(context, payload):
        asked = nk.json_decode(payload)
        fail(asked["message"], asked["code"])

    index_of_nil = "attempt to index a non-table object(nil) with key 'y'"
    register("context", context_)
    nk.register_rpc(lambda context, payload: payload, "research.echo")
    nk.register_rpc(payload_type, "research.payload_type")
    nk.register_rpc(lambda context, payload: None, "research.return_nil")
    nk.register_rpc(lambda context, payload: 42, "research.return_number")
    nk.register_rpc(lambda context, payload: "", "research.return_empty")
    nk.register_rpc(lambda context, payload: "not json", "research.return_text")
    nk.register_rpc(lambda context, payload: "mixed", "Research.MixedCase")
    nk.register_rpc(lambda context, payload: fail("plain message"), "research.error_string")
    nk.register_rpc(lambda context, payload: fail("only message"), "research.error_table1")
    nk.register_rpc(error_code, "research.error_code")
    nk.register_rpc(lambda context, payload: fail(index_of_nil), "research.error_runtime")


def register_accounts(nk, register):
    def account_update(context, asked):
        nk.account_update_id(
            asked["user_id"],
            asked["metadata"],
            asked["username"],
            asked["display_name"],
            asked["timezone"],
            asked["location"],
            asked["lang_tag"],
            asked["avatar_url"],
        )

    def session_logout(context, asked):
        nk.session_logout(asked["user_id"], asked["token"], asked["refresh_token"])

    def token_generate(context, asked):
        token, expiry, *_ = nk.authenticate_token_generate(
            asked["user_id"], asked["username"], asked["exp"], asked["vars"]
        )
        return {"token": token, "exp": expiry}

    def wallet_update(context, asked):
        nk.wallet_update(asked["user_id"], asked["changeset"], asked["metadata"], asked["ledger"])

    register("account_update", account_update)
    register("users_ban", lambda _, asked: nk.users_ban_id(asked["ids"]))
    register("users_unban", lambda _, asked: nk.users_unban_id(asked["ids"]))
    register(
        "account_delete",
        lambda _, asked: nk.account_delete_id(asked["user_id"], asked["recorded"]),
        needs="account_delete_id",
    )
    register("session_disconnect", lambda _, asked: nk.session_disconnect(asked["session_id"]))
    register("session_logout", session_logout)
    register("authenticate_token_generate", token_generate, needs="authenticate_token_generate")
    register("wallet_update", wallet_update, needs="wallet_update")


def register_streams_and_records(nk, register):
    def stream_user_join(context, asked):
        is_new = nk.stream_user_join(
            context.user_id,
            context.session_id,
            asked["stream"],
            asked["hidden"] or False,
            asked["persistence"] or False,
        )
        return {"ok": is_new}

    def stream_user_leave(context, asked):
        nk.stream_user_leave(context.user_id, context.session_id, asked["stream"])

    def channel_message_send(context, asked):
        return nk.channel_message_send(
            asked["channel_id"],
            asked["content"],
            asked["sender_id"],
            asked["sender_username"],
            asked["persist"],
        )

    def leaderboard_create(context, asked):
        nk.leaderboard_create(
            asked["id"],
            asked["authoritative"] or False,
            asked["sort"] or "desc",
            asked["operator"] or "best",
            asked["reset"],
            asked["metadata"] or {},
        )

    def tournament_create(context, asked):
        nk.tournament_create(
            asked["id"],
            asked["authoritative"] or False,
            asked["sort"] or "desc",
            asked["operator"] or "best",
            asked["duration"],
            asked["reset"],
            asked["metadata"] or {},
            asked["title"] or "",
            asked["description"] or "",
            asked["category"] or 0,
            asked["start_time"],
            asked["end_time"],
            asked["max_size"],
            asked["max_num_score"],
            asked["join_required"] or False,
        )

    register("stream_user_join", stream_user_join)
    register("stream_user_leave", stream_user_leave)
    register("stream_send", lambda _, asked: nk.stream_send(asked["stream"], asked["data"]))
    register("channel_message_send", channel_message_send, needs="channel_message_send")
    register("leaderboard_create", leaderboard_create, needs="leaderboard_create")
    register("tournament_create", tournament_create, needs="tournament_create")


def lua_table(value):
    """What a value becomes in Lua: keys without a value go, and an empty list is an empty table."""
    if isinstance(value, dict):
        return {key: lua_table(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [lua_table(item) for item in value] if value else {}
    return value
