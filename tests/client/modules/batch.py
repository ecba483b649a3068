"""A server module: what the client's tests need beyond single notifications."""

import json


def init_module(nk):
    def send_batch(context, payload):
        """Send several notifications to the caller in one call: one frame."""
        entries = [
            {
                "user_id": context.user_id,
                "subject": f"number {number}",
                "content": {"number": number},
                "code": 1,
                "persistent": False,
            }
            for number in range(json.loads(payload))
        ]
        nk.notifications_send(entries)

    def echo(context, payload):
        return payload

    def nothing(context, payload):
        return None

    def fail(context, payload):
        raise RuntimeError("no luck")

    nk.register_rpc(send_batch, "send_batch")
    nk.register_rpc(echo, "echo")
    nk.register_rpc(nothing, "nothing")
    nk.register_rpc(fail, "fail")
