"""The functions that the tapes of profile `stock` call."""

from mock_server import ModuleError


def init_module(nk):
    def rpc(context, payload):
        return payload

    def rpc_error(context, payload):
        raise ModuleError("Some error occured.")

    def rpc_get(context, payload):
        return nk.json_encode({"message": "PONG"})

    def send_notification(context, payload):
        nk.notifications_send(
            [
                {
                    "user_id": nk.json_decode(payload).get("user_id"),
                    "subject": "You've unlocked level 100!",
                    "content": {"reward_coins": 1000},
                    "code": 1,
                    "sender_id": context.user_id,
                    "persistent": True,
                }
            ]
        )

    def send_stream_data(context, payload):
        stream = {"mode": 20, "label": "Stream Data Test"}
        nk.stream_user_join(context.user_id, context.session_id, stream, False, False)
        nk.stream_send(stream, payload)

    def create_leaderboard(context, payload):
        leaderboard_id = nk.uuid_v4()
        operator = nk.json_decode(payload).get("operator")
        nk.leaderboard_create(leaderboard_id, False, "desc", operator)
        return nk.json_encode({"leaderboard_id": leaderboard_id})

    nk.register_rpc(rpc, "clientrpc.rpc")
    nk.register_rpc(rpc_error, "clientrpc.rpc_error")
    nk.register_rpc(rpc_get, "clientrpc.rpc_get")
    nk.register_rpc(send_notification, "clientrpc.send_notification")
    nk.register_rpc(send_stream_data, "clientrpc.send_stream_data")
    if hasattr(nk, "leaderboard_create"):
        nk.register_rpc(create_leaderboard, "clientrpc.create_leaderboard")
