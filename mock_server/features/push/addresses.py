"""Where a push to a user goes: their devices, or their id at OneSignal."""

from __future__ import annotations

import attrs

from mock_server.features.push.device_registry import DeviceRegistry
from mock_server.features.push.device_sources import DeviceSource, FoundDevices
from mock_server.features.push.devices import Device
from mock_server.features.push.external_ids import BadExternalId, ExternalIds, NoExternalId
from mock_server.features.push.records import PushOutcome, PushRecord
from mock_server.features.push.targets import (
    PLAYER_ID,
    ExternalUserIds,
    PlayerIds,
    PushAudience,
    PushTarget,
)
from mock_server.wire.uuids import parse_uuid

_REGISTERED = "registered"


class Addresses:
    """Finds where pushes go.

    Args:
        default: The setting `push.target`.
        devices: The mock's table of devices.
        source: Where the game keeps devices itself.
        external_ids: What the game's users are called at OneSignal.
    """

    def __init__(
        self,
        default: str,
        *,
        devices: DeviceRegistry,
        source: DeviceSource,
        external_ids: ExternalIds,
    ) -> None:
        self._default = default
        self._devices = devices
        self._source = source
        self._external_ids = external_ids

    def find(self, record: PushRecord, target: str) -> PushRecord:
        """The record of a push with where it goes.

        Args:
            record: The record.
            target: That of the message or rule; the setting where empty.

        Returns:
            The record; its outcome is not `pending` where there is no such address.
        """
        target = target or self._default
        if target == PLAYER_ID:
            return self._to_devices(record)
        try:
            external_id = self._external_ids.find(record.user_id, target)
        except NoExternalId as error:
            return attrs.evolve(record, outcome=PushOutcome.NOBODY_REACHED, reason=str(error))
        except BadExternalId as error:
            return attrs.evolve(record, outcome=PushOutcome.FAILED, reason=str(error))
        return attrs.evolve(record, external_user_id=external_id)

    def _to_devices(self, record: PushRecord) -> PushRecord:
        found = self._find_devices(record.user_id)
        reason = "; ".join(found.problems)
        if not found.sources:
            reason = reason or "the user has no device"
            return attrs.evolve(record, outcome=PushOutcome.NOBODY_REACHED, reason=reason)
        return attrs.evolve(
            record, player_ids=tuple(found.sources), device_sources=found.sources, reason=reason
        )

    def _find_devices(self, user_id: str) -> FoundDevices:
        """The user's devices in the mock's table; where it has none, those of the game's own."""
        devices = self._devices.of_user(user_id)
        given = list(dict.fromkeys(each.player_id for each in devices if each.player_id))
        # OneSignal refuses a message if one of its ids is not a UUID.
        usable = {each: _REGISTERED for each in given if parse_uuid(each)}
        unusable = [each for each in given if each not in usable]
        problems = [f"no UUID: {', '.join(unusable)}"] if unusable else []
        if usable:
            return FoundDevices(usable, tuple(problems))
        elsewhere = self._source.find(user_id)
        if not elsewhere.sources:
            problems += [_without_player_id(each) for each in devices if not each.player_id]
        return FoundDevices(elsewhere.sources, (*problems, *elsewhere.problems))


def _without_player_id(device: Device) -> str:
    """Why a device can't be sent to."""
    if device.refused:
        return f"a device has no player id, OneSignal refused it: {device.problem}"
    return f"a device has no player id, it waits for OneSignal: {device.problem or 'no answer yet'}"


def target_of(record: PushRecord) -> PushTarget:
    """The target of a record that has an address."""
    if record.audience:
        return PushAudience(**record.audience)
    if record.player_ids:
        return PlayerIds(record.player_ids)
    return ExternalUserIds([record.external_user_id])
