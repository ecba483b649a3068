"""Platforms as the inbox calls them: device types of OneSignal put together for people."""

from __future__ import annotations

_TYPES: dict[str, tuple[int, ...]] = {
    "ios": (0,),
    "android": (1,),
    "web": (4, 5, 7, 8, 17),
    "huawei": (13,),
    "amazon": (2, 10),
    "windows": (3, 6),
    "macos": (9,),
    "email": (11,),
    "sms": (14,),
}
_PLATFORM_OF = {number: name for name, numbers in _TYPES.items() for number in numbers}
PLATFORMS = tuple(_TYPES)


def platform_of(device_type: int) -> str:
    """The platform of a device type."""
    return _PLATFORM_OF.get(device_type, "other")


def types_of(platform: str) -> tuple[int, ...]:
    """The device types of a platform; none for one that does not exist."""
    return _TYPES.get(platform, ())
