"""Makes the store, the features and what they share, with explicit arguments."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onesignal_stub import fields, seed
from onesignal_stub.access import Access
from onesignal_stub.devices import DeviceReader
from onesignal_stub.errors import refused
from onesignal_stub.features.aliases import api as aliases_api
from onesignal_stub.features.apps import api as apps_api
from onesignal_stub.features.apps.audit import AuditLog
from onesignal_stub.features.apps.core import Apps, app_name, app_settings
from onesignal_stub.features.apps.keys import ApiKeys
from onesignal_stub.features.custom_events import api as custom_events_api
from onesignal_stub.features.custom_events.core import CustomEvents
from onesignal_stub.features.email_analytics import api as email_analytics_api
from onesignal_stub.features.email_analytics.core import EmailAnalytics
from onesignal_stub.features.exports import api as exports_api
from onesignal_stub.features.exports.core import Exports
from onesignal_stub.features.journeys import api as journeys_api
from onesignal_stub.features.journeys import core as journeys_core
from onesignal_stub.features.journeys.core import Journeys
from onesignal_stub.features.live_activities import api as live_activities_api
from onesignal_stub.features.live_activities.core import LiveActivities
from onesignal_stub.features.notifications import api as notifications_api
from onesignal_stub.features.notifications.core import NotificationService
from onesignal_stub.features.notifications.delivery import Delivery
from onesignal_stub.features.notifications.idempotency import IdempotencyStore
from onesignal_stub.features.notifications.messages import Messages
from onesignal_stub.features.notifications.recipients import RecipientResolver
from onesignal_stub.features.notifications.sending import MessageSender
from onesignal_stub.features.notifications.views import NotificationViews
from onesignal_stub.features.outcomes import api as outcomes_api
from onesignal_stub.features.outcomes.core import ATTRIBUTIONS, Outcomes
from onesignal_stub.features.players import api as players_api
from onesignal_stub.features.players.core import Players
from onesignal_stub.features.segments import api as segments_api
from onesignal_stub.features.segments.core import Segments
from onesignal_stub.features.subscriptions import api as subscriptions_api
from onesignal_stub.features.subscriptions.core import Subscriptions
from onesignal_stub.features.templates import api as templates_api
from onesignal_stub.features.templates.core import Templates
from onesignal_stub.features.users import api as users_api
from onesignal_stub.features.users.core import ONESIGNAL_ID, Users
from onesignal_stub.features.users.create import create_user
from onesignal_stub.http import ApiRoute
from onesignal_stub.sent_pushes import SentPushes
from onesignal_stub.simulation import Simulation
from onesignal_stub.store import SCHEMA
from onesignal_stub.webhooks import Webhooks
from server_kit import Clock, Store
from server_kit.web import EventStream


class Service:
    """The state and the features of one running stub.

    Args:
        data: The file that keeps everything; None keeps it in memory.
        clock: The stub's time.
        events: Where changes are published.
        account_key: The key for operations on apps.
        strict_keys: Require a key also on OneSignal's older routes, which work without one.
    """

    def __init__(
        self,
        data: Path | None,
        clock: Clock,
        *,
        events: EventStream,
        account_key: str,
        strict_keys: bool,
    ) -> None:
        self.store = store = Store(SCHEMA + journeys_core.SCHEMA, data)
        self.access = Access(store, account_key=account_key, strict=strict_keys)
        self.apps = Apps(store, clock)
        self.audit = AuditLog(store, clock)
        self.keys = ApiKeys(store, clock)
        self.users = Users(store, clock)
        self.subscriptions = Subscriptions(store, clock, self.users)
        self.outcomes = Outcomes(store, clock)
        self.players = Players(
            store, users=self.users, subscriptions=self.subscriptions, outcomes=self.outcomes
        )
        self.templates = Templates(store, clock)
        self.journeys = Journeys(store, clock)
        self.email_analytics = EmailAnalytics(store, clock)
        self.custom_events = CustomEvents(store, clock)
        self.pushes = SentPushes(store)
        self.webhooks = Webhooks(store)
        self.simulation = Simulation(
            store,
            clock,
            pushes=self.pushes,
            outcomes=self.outcomes,
            webhooks=self.webhooks,
            events=events,
        )
        devices = DeviceReader(store)
        self.segments = Segments(store, clock, devices)
        self.exports = Exports(store, clock, devices=devices, segments=self.segments)
        resolver = RecipientResolver(devices, self.segments, subscriptions=self.subscriptions)
        messages = Messages(store, clock, events)
        sender = MessageSender(resolver)
        self.delivery = Delivery(
            store,
            clock,
            devices=devices,
            sender=sender,
            messages=messages,
            delivered=self.simulation.delivered,
        )
        idempotency = IdempotencyStore(store, clock)
        self.notifications = NotificationService(
            store,
            clock,
            idempotency=idempotency,
            templates=self.templates,
            resolver=resolver,
            sender=sender,
            messages=messages,
            delivery=self.delivery,
        )
        self.live_activities = LiveActivities(
            store,
            clock,
            idempotency=idempotency,
            devices=devices,
            resolver=resolver,
            messages=messages,
            delivery=self.delivery,
        )

    def routes(self) -> list[ApiRoute]:
        """The routes of all features."""
        return [
            *apps_api.routes(self.apps, self.keys, self.segments, self.audit),
            *notifications_api.routes(
                self.notifications, NotificationViews(self.store), self.outcomes, self.exports
            ),
            *exports_api.routes(self.exports),
            *players_api.routes(self.players),
            *segments_api.routes(self.segments),
            *templates_api.routes(self.templates, self.apps, self.audit),
            *journeys_api.routes(self.journeys),
            *outcomes_api.routes(self.outcomes),
            *email_analytics_api.routes(self.email_analytics),
            *live_activities_api.routes(self.live_activities),
            *custom_events_api.routes(self.custom_events),
            *subscriptions_api.routes(self.subscriptions, self.users),
            *aliases_api.routes(self.users, self.subscriptions),
            *users_api.routes(self.users, self.subscriptions),
        ]

    def add_first_app(self, app_id: str, key: str) -> bool:
        """Make sure that an app exists and has this key; return whether it was added."""
        if self.access.knows(app_id):
            self.apps.set_key(app_id, key)
            return False
        self.seed_app(app_id, {"id": app_id, "name": "Stub", "rest_key": key})
        return True

    def seed_app(self, _app_id: str, entry: Mapping[str, Any]) -> None:
        """Add an app, with the entry's id and key."""
        app_id = str(entry["id"]).lower() if "id" in entry else None
        name, settings = app_name(entry), app_settings(entry)
        added = self.apps.add(name, settings, app_id=app_id, key=entry.get("rest_key"))
        self.segments.add_defaults(added)

    def seed_player(self, app_id: str, entry: Mapping[str, Any]) -> None:
        """Add a player, with the entry's id."""
        self.players.create(app_id, entry, player_id=_uuid(entry, "id"))

    def seed_user(self, app_id: str, entry: Mapping[str, Any]) -> None:
        """Add a user, with the onesignal_id of its identity."""
        _uuid(fields.mapping(entry, "identity") or {}, ONESIGNAL_ID)
        create_user(self.users, self.subscriptions, app_id, entry, keep_id=True)

    def seed_segment(self, app_id: str, entry: Mapping[str, Any]) -> None:
        """Add a segment, with the entry's id."""
        self.segments.create(app_id, entry)

    def seed_template(self, app_id: str, entry: Mapping[str, Any]) -> None:
        """Add a template, with the entry's id."""
        self.templates.create(app_id, entry, template_id=_uuid(entry, "id"))

    def load_seed(self, seeds: Mapping[str, list[dict[str, Any]]], *, app_id: str) -> None:
        """Add seed data, or nothing of it if an entry breaks a rule.

        Raises:
            SeedError: An entry breaks a rule.
        """
        with self.store.transaction():
            seed.load_seed(seeds, self, app_id=app_id)

    def record_outcome(
        self,
        name: str,
        *,
        value: float,
        push_id: int | None,
        app_id: str | None,
        attribution: str,
    ) -> None:
        """Count an outcome; with `push_id` it has the app and device type of that push.

        Raises:
            LookupError: There is no such push or app.
            ValueError: The name is empty or the attribution unknown.
        """
        if not name or attribution not in ATTRIBUTIONS:
            raise ValueError(f"an outcome has a name, and one of {', '.join(ATTRIBUTIONS)}")
        push = None if push_id is None else self.pushes.get(push_id)
        app_id = app_id or (push.app_id if push is not None else "")
        if not self.access.knows(app_id.lower()):
            raise LookupError(f"there is no app {app_id!r}")
        number = None
        if push is not None:
            number = self.notifications.find(push.app_id, push.notification_id)["number"]
        self.outcomes.record(
            app_id.lower(),
            name,
            value=value,
            device_type=None if push is None else push.device_type,
            attribution=attribution,
            notification=number,
        )

    async def close(self) -> None:
        """Close everything; those who wait for a push get ServerNotRunning."""
        try:
            self.pushes.close()
            self.simulation.close()
            await self.webhooks.close()
        finally:
            self.store.close()


def _uuid(entry: Mapping[str, Any], name: str) -> str | None:
    """The id of a seed entry; None if it has none.

    Raises:
        ApiError: It is not a UUID.
    """
    given = entry.get(name)
    if given is not None and not fields.is_uuid(given):
        raise refused(f"{name} must be a valid UUID")
    return None if given is None else str(given)
