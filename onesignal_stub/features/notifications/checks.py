"""The rules on the fields of a create-notification request: their types, ranges and sizes. No I/O.

Where OneSignal's words are not known, the text says which field breaks which rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from onesignal_stub import fields
from onesignal_stub.audience import Channel
from onesignal_stub.errors import refused

MAX_DATA_BYTES = 2048
MAX_NAME = 128
MAX_COLLAPSE_ID = 64
MAX_TTL = 2_419_200
DEFAULT_TTL = 259_200
NO_ENGLISH = "Message Notifications must have English language content"

_TEXTS = """
    name template_id url web_url app_url email_subject email_body email_from_name
    email_from_address email_preheader sms_from collapse_id web_push_topic thread_id summary_arg
    target_content_identifier ios_category icon_type big_picture huawei_big_picture
    adm_big_picture chrome_big_picture chrome_web_image chrome_web_icon chrome_web_badge
    firefox_icon chrome_icon small_icon large_icon huawei_small_icon huawei_large_icon
    adm_small_icon adm_large_icon android_channel_id existing_android_channel_id
    huawei_channel_id huawei_existing_channel_id ios_sound android_sound adm_sound wp_wns_sound
    huawei_sound android_led_color huawei_led_color android_accent_color huawei_accent_color
    android_group adm_group delayed_option delivery_time_of_day send_after
    apns_push_type_override
"""
_FLAGS = """
    content_available mutable_content disable_email_click_tracking include_unsubscribed
    enable_frequency_cap isEmail isSMS
"""
_INTEGERS = "ios_badgeCount summary_arg_count throttle_rate_per_minute ttl"
_MAPPINGS = "data custom_data ios_attachments apns_alert android_background_layout"
_LANGUAGES = "contents headings subtitle"
_READERS: dict[str, Callable[[Mapping[str, Any], str], object]] = {
    **dict.fromkeys(_TEXTS.split(), fields.text),
    **dict.fromkeys(_FLAGS.split(), fields.flag),
    **dict.fromkeys(_INTEGERS.split(), fields.integer),
    **dict.fromkeys(_MAPPINGS.split(), fields.mapping),
    **dict.fromkeys(_LANGUAGES.split(), fields.texts),
}
_CHOICES: dict[str, tuple[Any, ...]] = {
    "priority": (5, 10),
    "android_visibility": (1, 0, -1),
    "huawei_visibility": (1, 0, -1),
    "ios_badgeType": ("None", "SetTo", "Increase"),
    "ios_interruption_level": ("active", "passive", "time_sensitive", "critical"),
    "huawei_msg_type": ("data", "message"),
}
_OTHERS = """
    app_id external_id idempotency_key buttons web_buttons ios_relevance_score
    android_group_message adm_group_message sms_media_urls excluded_segments target_channel
    channel_for_external_user_ids tags email_bcc email_reply_to_address email_sender_domain
    global_image huawei_badge_add_num huawei_badge_class huawei_badge_set_num huawei_bi_tag
    huawei_category
"""
KNOWN_FIELDS = frozenset({*_READERS, *_CHOICES, *_OTHERS.split()})
"""Every field that OneSignal reads, but those of the targeting."""


def check(request: Mapping[str, Any], channel: Channel) -> None:
    """Check everything but targeting and schedule.

    Raises:
        ApiError: A field breaks a rule; the text names it.
    """
    _check_types(request)
    _check_content(request, channel)
    _check_sizes(request)
    _check_ranges(request)
    _check_buttons(request, "buttons", 3)
    _check_buttons(request, "web_buttons", 2)


def _check_types(request: Mapping[str, Any]) -> None:
    for name in request:
        if name in _READERS:
            _READERS[name](request, name)


def _check_content(request: Mapping[str, Any], channel: Channel) -> None:
    if request.get("template_id"):
        return
    if channel == "email":
        for name in ("email_subject", "email_body"):
            if not request.get(name):
                raise refused(f"Email messages must have {name}")
    elif not request.get("content_available") and not (request.get("contents") or {}).get("en"):
        raise refused(NO_ENGLISH)


def _check_sizes(request: Mapping[str, Any]) -> None:
    for name, most in (("name", MAX_NAME), ("collapse_id", MAX_COLLAPSE_ID)):
        if len(fields.text(request, name) or "") > most:
            raise refused(f"{name} is limited to {most} characters")
    size = len(msgspec.json.encode(request.get("data") or {}))
    if size > MAX_DATA_BYTES:
        raise refused(f"data is limited to {MAX_DATA_BYTES} bytes, got {size}")
    if request.get("url") and (request.get("web_url") or request.get("app_url")):
        raise refused("url cannot be used together with web_url or app_url")


def _check_ranges(request: Mapping[str, Any]) -> None:
    for name, choices in _CHOICES.items():
        if name not in request:
            continue
        is_number = isinstance(choices[0], int)
        value = fields.integer(request, name) if is_number else request[name]
        if value is not None and value not in choices:
            listed = ", ".join(str(choice) for choice in choices)
            raise refused(f"{name} must be one of {listed}")
    ttl = fields.integer(request, "ttl")
    if ttl is not None and not 0 <= ttl <= MAX_TTL:
        raise refused(f"ttl must be between 0 and {MAX_TTL}")
    score = fields.number(request, "ios_relevance_score")
    if score is not None and not 0 <= score <= 1:
        raise refused("ios_relevance_score must be between 0 and 1")
    if (fields.integer(request, "throttle_rate_per_minute") or 0) < 0:
        raise refused("throttle_rate_per_minute must not be negative")
    if request.get("template_id") and not fields.is_uuid(request["template_id"]):
        raise refused("template_id must be a valid UUID")


def _check_buttons(request: Mapping[str, Any], name: str, most: int) -> None:
    buttons = request.get(name)
    if not buttons:
        return
    if not isinstance(buttons, list) or len(buttons) > most:
        raise refused(f"{name} must be an array of at most {most} objects")
    if not all(isinstance(button, dict) and button.get("id") for button in buttons):
        raise refused(f"every entry of {name} must be an object with an id")
