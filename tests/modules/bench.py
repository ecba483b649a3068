"""`bench.notify`: many notifications at once, one by one or in one batch."""


def init_module(nk):
    def notify(context, payload):
        asked = nk.json_decode(payload)
        persistent = asked.get("persistent") or False
        contents = [{"i": i} for i in range(1, asked["count"] + 1)]
        if asked.get("batch"):
            notifications = [
                {
                    "user_id": asked["user_id"],
                    "subject": "bench",
                    "content": content,
                    "code": 100,
                    "persistent": persistent,
                }
                for content in contents
            ]
            if notifications:
                nk.notifications_send(notifications)
        else:
            for content in contents:
                nk.notification_send(asked["user_id"], "bench", content, 100, None, persistent)
        return nk.json_encode({"sent": asked["count"]})

    nk.register_rpc(notify, "bench.notify")
