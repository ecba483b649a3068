"""What an app with OneSignal's SDK knows about the device that it runs on."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Literal, Self

import attrs
from attrs import field, frozen

from nakama_client.errors import ArgumentError

Platform = Literal["ios", "android"]

_MODELS = {"ios": "iPhone", "android": "Pixel 8"}
_SYSTEMS = {"ios": "iOS", "android": "Android"}


class DeviceType(IntEnum):
    """OneSignal's numbers for kinds of devices.

    Attributes:
        IOS: Apple's phones and tablets.
        ANDROID: Android with Google's services.
        AMAZON: Amazon's Fire devices.
        WINDOWS_PHONE: Windows Phone 8.0.
        CHROME_APP: Apps and extensions of Chrome.
        CHROME_WEB: Web push of Chrome.
        WINDOWS: Windows 8.1 and later.
        SAFARI_LEGACY: Web push of Safari before macOS 13.
        FIREFOX: Web push of Firefox.
        MACOS: Apps for macOS.
        ALEXA: Amazon's speakers.
        EMAIL: No device, but an e-mail address.
        HUAWEI: Android with Huawei's services.
        SMS: No device, but a phone number.
        SAFARI: Web push of Safari.
    """

    IOS = 0
    ANDROID = 1
    AMAZON = 2
    WINDOWS_PHONE = 3
    CHROME_APP = 4
    CHROME_WEB = 5
    WINDOWS = 6
    SAFARI_LEGACY = 7
    FIREFOX = 8
    MACOS = 9
    ALEXA = 10
    EMAIL = 11
    HUAWEI = 13
    SMS = 14
    SAFARI = 17


def _check_platform(_: RegistrationInfo, __: Any, platform: str) -> None:
    if platform not in _MODELS:
        raise ArgumentError(f"platform must be 'ios' or 'android', not {platform!r}")


@frozen(kw_only=True)
class RegistrationInfo:
    """What an app tells about its device, in `on_onesignal_info` and in a registration.

    Attributes:
        one_signal_user_id: OneSignal's id of the device ("player id"); None until it is
            registered, and on iOS without consent.
        one_signal_push_token: The platform's token of the device; None as long as it has none.
        one_signal_subscribed: Whether pushes reach it; None until OneSignal has answered.
        one_signal_requires_user_privacy_consent: Whether the app waits for the user's consent.
        platform: `ios` or `android`.
        app_id: The app's id in its store.
        app_version: The app's version.
        distribution: `release`, `debug`, `appstore`, …
        hardware: The kind of processor.
        installation_id: Changes when the app is installed again.
        language: The language of the device.
        model: The device's model.
        os: The operating system.
        os_version: Its version.
        time_zone: As `America/New_York`.

    Raises:
        ArgumentError: The platform is another one.
    """

    one_signal_user_id: str | None = None
    one_signal_push_token: str | None = field(default=None, repr=False)
    one_signal_subscribed: bool | None = False
    one_signal_requires_user_privacy_consent: bool = False
    platform: Platform = field(default="ios", validator=_check_platform)
    app_id: str = "com.example.game"
    app_version: str = "1.0.0"
    distribution: str = "release"
    hardware: str = "arm64"
    installation_id: str = field(factory=lambda: str(uuid.uuid4()))
    language: str = "en"
    model: str = field()
    os: str = field()
    os_version: str = "17.0"
    time_zone: str = "UTC"

    @model.default
    def _usual_model(self) -> str:
        return _MODELS.get(self.platform, "")

    @os.default
    def _usual_os(self) -> str:
        return _SYSTEMS.get(self.platform, "")

    def to_json(self) -> dict[str, Any]:
        """The names and values on the wire, as `oneSignalUserId`; what is None is not there."""
        values = attrs.asdict(self)
        return {_wire_name(name): value for name, value in values.items() if value is not None}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """Read what `to_json` made; unknown names are ignored.

        Raises:
            ArgumentError: The platform is another one.
        """
        names = {_wire_name(each.name): each.name for each in attrs.fields(cls)}
        return cls(**{names[name]: value for name, value in given.items() if name in names})


def _wire_name(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)
