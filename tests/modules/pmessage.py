"""`register_push`: registers the caller's device with OneSignal, as Nakama's push tutorial does.

It calls the address in the environment variable ONESIGNAL_URL.
"""

import os

from mock_server import ModuleError

APP_ID = "someappid"
API_KEY = "someapikey"


def init_module(nk):
    base = os.environ.get("ONESIGNAL_URL", "http://127.0.0.1:8890")

    async def add_device(device_type, identifier, language, tags):
        device = {
            "app_id": APP_ID,
            "device_type": device_type,
            "identifier": identifier,
            "language": language,
            "tags": tags,
            "sdk": "nakama-onesignal/0.1.0",
        }
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Authorization": f"Basic {API_KEY}",
        }
        body = nk.json_encode({key: value for key, value in device.items() if value is not None})
        status, _, answer = await nk.http_request(f"{base}/api/v1/players", "POST", headers, body)
        if status >= 400:
            raise ModuleError(answer)
        return nk.json_decode(answer)

    async def register_push(context, payload):
        asked = nk.json_decode(payload)
        try:
            player = await add_device(asked.get("DeviceType"), asked.get("Identifier"), "en", {})
            metadata = {"os_player_id": player["id"]} if "id" in player else {}
            nk.account_update_id(context.user_id, metadata)
        except ModuleError:
            return  # a device that could not be registered is no reason to fail the call

    nk.register_rpc(register_push, "register_push")
