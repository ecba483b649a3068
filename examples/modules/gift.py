"""The RPC `gift` of the load test in `locustfile.py`: a notification for another player."""


def init_module(nk):
    def gift(context, payload):
        wanted = nk.json_decode(payload)
        nk.notification_send(
            wanted["to"], "A gift!", wanted["content"], 100, context.user_id, persistent=True
        )

    nk.register_rpc(gift, "gift")
