"""Players who send each other gifts through an RPC, and count what arrives.

python -m mock_server --runtime.path examples/modules
locust -f examples/locustfile.py --headless -u 200 -r 50 -t 20s --delivery-loss 0
"""

import random

from locust import between, task

from nakama_client.load import NakamaUser


class Player(NakamaUser):
    host = "http://127.0.0.1:7350"  # `--host` says otherwise
    wait_time = between(1, 2)

    @task(3)
    async def send_a_gift(self) -> None:
        friend = random.choice(self.online)
        async with self.sending("gift", [friend]) as marker:
            await self.client.rpc(self.session, "gift", {"to": friend, "content": marker})

    @task
    async def look_around(self) -> None:
        await self.client.list_notifications(self.session, limit=10)
