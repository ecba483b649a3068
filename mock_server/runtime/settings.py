"""The settings of the server as modules see them."""

from __future__ import annotations

from typing import Any

from mock_server.config import Config
from mock_server.runtime.context import environment


def runtime_settings(config: Config) -> dict[str, Any]:
    """What `nk.get_config` returns, `initializer.getConfig` in JavaScript: Nakama's own names."""
    session, socket, steam = config.session, config.socket, config.social.steam
    return {
        "name": config.name,
        "shutdown_grace_sec": config.shutdown_grace_sec,
        "logger": {"level": "INFO"},
        "session": {
            "encryption_key": session.encryption_key,
            "token_expiry_sec": session.token_expiry_sec,
            "refresh_encryption_key": session.refresh_encryption_key,
            "refresh_token_expiry_sec": session.refresh_token_expiry_sec,
            "single_socket": session.single_socket,
            "single_match": session.single_match,
            "single_party": session.single_party,
            "single_session": session.single_session,
        },
        "socket": {
            "server_key": socket.server_key,
            "port": socket.port,
            "address": socket.address,
            "protocol": "tcp",
        },
        "social": {
            "steam": {"publisher_key": steam.publisher_key, "app_id": steam.app_id},
            "facebook_instant_game": {"app_secret": ""},
            "facebook_limited_login": {"app_id": ""},
            "apple": {"bundle_id": config.social.apple.bundle_id},
        },
        "runtime": {"env": environment(config.runtime.env), "http_key": config.runtime.http_key},
        "iap": {
            "apple": {"shared_password": "", "notifications_endpoint_id": ""},
            "google": {"client_email": "", "private_key": "", "notifications_endpoint_id": ""},
            "huawei": {"public_key": "", "client_id": "", "client_secret": ""},
            "facebook_instant": {"app_secret": ""},
            "samsung": {"package_name": ""},
        },
        "google_auth": {"credentials_json": ""},
        "satori": {"url": "", "api_key_name": "", "api_key": "", "signing_key": ""},
    }
