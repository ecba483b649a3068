"""What a phone and a browser show of a message besides its text: image, buttons, badge. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onesignal_stub.errors import ApiError
from onesignal_stub.features.notifications.targeting import channel_of as _targeted_channel

_PHONE_IMAGES = ("big_picture", "huawei_big_picture", "adm_big_picture")
_WEB_IMAGES = ("chrome_web_image", "chrome_big_picture")


def channel_of(content: Mapping[str, Any]) -> str:
    """`push`, `email` or `sms`."""
    try:
        return _targeted_channel(content)
    except ApiError:  # of a Live Activity, whose fields are others
        return "push"


def first_text(content: Mapping[str, Any], name: str) -> str | None:
    """The English text of a field by language, or else the first."""
    texts = content.get(name)
    if not isinstance(texts, Mapping) or not texts:
        return None
    return str(texts.get("en") or next(iter(texts.values())))


def phone(content: Mapping[str, Any]) -> dict[str, Any]:
    """What a phone shows."""
    attachments = content.get("ios_attachments")
    attached = list(attachments.values()) if isinstance(attachments, Mapping) else []
    return {
        "image": _first(content, _PHONE_IMAGES) or next(map(str, attached), None),
        "icon": _first(content, ("large_icon", "huawei_large_icon", "adm_large_icon")),
        "buttons": _buttons(content.get("buttons")),
        "badge": _badge(content),
        "sound": _first(content, ("ios_sound", "android_sound")),
        "url": _first(content, ("app_url", "url")),
    }


def web(content: Mapping[str, Any]) -> dict[str, Any]:
    """What a browser shows."""
    return {
        "image": _first(content, _WEB_IMAGES),
        "icon": _first(content, ("chrome_web_icon", "firefox_icon")),
        "buttons": _buttons(content.get("web_buttons")),
        "url": _first(content, ("web_url", "url")),
    }


def _first(content: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((str(content[name]) for name in names if content.get(name)), None)


def _buttons(given: Any) -> list[dict[str, Any]]:
    if not isinstance(given, list):
        return []
    return [
        {"id": str(button["id"]), "text": str(button.get("text") or button["id"])}
        for button in given
        if isinstance(button, Mapping) and button.get("id")
    ]


def _badge(content: Mapping[str, Any]) -> dict[str, Any] | None:
    kind = content.get("ios_badgeType")
    if kind not in ("SetTo", "Increase"):
        return None
    return {"type": kind, "count": content.get("ios_badgeCount") or 0}
