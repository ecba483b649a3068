"""Every operation of onesignal-python-api 2.2.1, the last with players, against the stub."""

from __future__ import annotations

import gzip
import sys
import urllib.request
import uuid
from types import SimpleNamespace

import onesignal
from onesignal import models
from onesignal.api.default_api import DefaultApi
from steps import main, refused, step


@step
def create_app(world: SimpleNamespace) -> None:
    app = world.api.create_app(models.App(name="Game", gcm_key="key"))
    assert app.name == "Game"
    assert app.gcm_key == "key"
    assert app.players == 0
    world.app = app.id
    config = onesignal.Configuration(
        host=world.host, app_key=app.basic_auth_key, user_key=world.user_key
    )
    world.api = DefaultApi(onesignal.ApiClient(config))


@step
def get_and_update_app(world: SimpleNamespace) -> None:
    assert world.api.get_app(world.app).name == "Game"
    assert world.api.update_app(world.app, models.App(name="Renamed")).name == "Renamed"
    assert [app.id for app in world.api.get_apps().value][-1] == world.app
    error = refused(onesignal.ApiException, world.api.get_app, str(uuid.uuid4()))
    assert error.status == 404


@step
def create_player(world: SimpleNamespace) -> None:
    player = models.Player(
        device_type=1,
        app_id=world.app,
        identifier="token 1",
        language="de",
        tags={"level": "10"},
        external_user_id="ext/1 é",
    )
    created = world.api.create_player(player)
    assert created.success is True
    world.player = created.id
    again = world.api.create_player(player)
    assert again.id == created.id
    silent = models.Player(device_type=0, app_id=world.app, external_user_id="ext/1 é")
    world.silent = world.api.create_player(silent).id


@step
def get_and_list_players(world: SimpleNamespace) -> None:
    player = world.api.get_player(world.app, world.player)
    assert (player.identifier, player.device_type, player.language) == ("token 1", 1, "de")
    assert player.tags == {"level": "10"}
    assert player.external_user_id == "ext/1 é"
    assert player.invalid_identifier is False
    page = world.api.get_players(world.app, limit=1, offset=1)
    assert (page.total_count, page.limit, page.offset) == (2, 1, 1)
    assert page.players[0].id == world.silent
    refused(onesignal.ApiException, world.api.get_player, world.app, str(uuid.uuid4()))


@step
def update_player(world: SimpleNamespace) -> None:
    change = models.Player(device_type=1, app_id=world.app, tags={"rank": "1"}, game_version="1.2")
    assert world.api.update_player(world.player, change).success is True
    player = world.api.get_player(world.app, world.player)
    assert player.tags == {"level": "10", "rank": "1"}
    assert player.game_version == "1.2"


@step
def update_player_tags(world: SimpleNamespace) -> None:
    body = models.UpdatePlayerTagsRequestBody(tags={"rank": "", "class": "mage"})
    assert (
        world.api.update_player_tags(
            world.app, "ext/1 é", update_player_tags_request_body=body
        ).success
        is True
    )
    assert world.api.get_player(world.app, world.player).tags == {"level": "10", "class": "mage"}
    error = refused(onesignal.ApiException, world.api.update_player_tags, world.app, "nobody")
    assert error.status == 404


@step
def create_segments(world: SimpleNamespace) -> None:
    segment = models.Segment(
        name="Mages",
        filters=[
            models.FilterExpressions(field="tag", key="class", relation="=", value="mage"),
            models.FilterExpressions(operator="OR"),
            models.FilterExpressions(field="session_count", relation=">", value="100"),
        ],
    )
    created = world.api.create_segments(world.app, segment=segment)
    assert created.success is True
    world.segment = created.id
    error = refused(
        onesignal.ApiException, lambda: world.api.create_segments(world.app, segment=segment)
    )
    assert error.status == 400


@step
def create_notification_to_a_segment(world: SimpleNamespace) -> None:
    notification = models.Notification(
        app_id=world.app,
        contents=models.StringMap(en="Gig'em Ags", de="Los!"),
        headings=models.StringMap(en="Title"),
        included_segments=["Mages"],
        data={"foo": "bar"},
        name="first",
    )
    sent = world.api.create_notification(notification)
    assert sent.recipients == 1
    world.notification = sent.id
    (push,) = world.pushes(notification_id=sent.id)
    assert push["player_id"] == world.player
    assert push["contents"] == "Los!"
    assert push["heading"] is None
    assert push["data"] == {"foo": "bar"}


@step
def create_notification_with_filters(world: SimpleNamespace) -> None:
    notification = models.Notification(
        app_id=world.app,
        contents=models.StringMap(en="filtered"),
        filters=[models.Filter(field="tag", key="level", relation=">", value="9")],
    )
    assert world.api.create_notification(notification).recipients == 1


@step
def create_notification_to_external_user_ids(world: SimpleNamespace) -> None:
    notification = models.Notification(
        app_id=world.app,
        contents=models.StringMap(en="named"),
        include_external_user_ids=["ext/1 é"],
    )
    sent = world.api.create_notification(notification)
    assert sent.recipients == 1
    assert sent.errors.invalid_external_user_ids == ["ext/1 é"]


@step
def create_notification_that_reaches_nobody(world: SimpleNamespace) -> None:
    notification = models.Notification(
        app_id=world.app, contents=models.StringMap(en="lost"), included_segments=["all"]
    )
    sent = world.api.create_notification(notification)
    assert sent.id == ""
    assert sent.recipients == 0


@step
def get_notification(world: SimpleNamespace) -> None:
    found = world.api.get_notification(world.app, world.notification)
    assert found.contents["en"] == "Gig'em Ags"
    assert found.included_segments == ["Mages"]
    assert (found.successful, found.remaining, found.converted) == (1, 0, 0)
    assert found.canceled is False
    assert found.completed_at >= found.queued_at
    error = refused(
        onesignal.ApiException, world.api.get_notification, world.app, str(uuid.uuid4())
    )
    assert error.status == 404


@step
def get_notifications(world: SimpleNamespace) -> None:
    page = world.api.get_notifications(world.app, limit=2, offset=1, kind=1)
    assert (page.total_count, page.limit, page.offset) == (3, 2, 1)
    assert page.notifications[1].id == world.notification
    assert world.api.get_notifications(world.app, kind=0).total_count == 0


@step
def cancel_notification(world: SimpleNamespace) -> None:
    notification = models.Notification(
        app_id=world.app,
        contents=models.StringMap(en="later"),
        include_player_ids=[world.player],
        send_after=world.in_a_year,
    )
    scheduled = world.api.create_notification(notification)
    assert world.pushes(notification_id=scheduled.id) == []
    assert world.api.cancel_notification(world.app, scheduled.id).success is True
    assert world.api.get_notification(world.app, scheduled.id).canceled is True
    error = refused(
        onesignal.ApiException, world.api.cancel_notification, world.app, world.notification
    )
    assert error.status == 400
    assert "already been sent" in error.body


@step
def get_notification_history(world: SimpleNamespace) -> None:
    body = models.GetNotificationRequestBody(events="sent", email="a@b.co", app_id=world.app)
    answer = world.api.get_notification_history(world.notification, body)
    assert answer.success is True
    assert world.player in download(answer.destination_url)


@step
def export_events(world: SimpleNamespace) -> None:
    answer = world.api.export_events(world.notification, world.app)
    assert f"sent,{world.player}" in download(answer.csv_file_url)


@step
def export_players(world: SimpleNamespace) -> None:
    body = models.ExportPlayersRequestBody(
        extra_fields=["country", "external_user_id"], last_active_since="1469392779"
    )
    answer = world.api.export_players(world.app, export_players_request_body=body)
    header, first, second = download(answer.csv_file_url).splitlines()
    assert header.endswith("invalid_identifier,badge_count,country,external_user_id")
    assert first.startswith(f"{world.player},token 1,1,de")
    assert ",t," in second
    assert answer.csv_file_url.endswith(".csv.gz")


@step
def get_outcomes(world: SimpleNamespace) -> None:
    (push,) = world.pushes(notification_id=world.notification)
    world.control("POST", f"/_control/pushes/{push['id']}/open")
    answer = world.api.get_outcomes(
        world.app,
        "os__click.count",
        outcome_names2="a, b.sum",
        outcome_time_range="1d",
        outcome_platforms="0,1",
        outcome_attribution="direct",
    )
    click, other = answer.outcomes
    assert (click.id, click.value, click.aggregation) == ("os__click", 1, "count")
    assert (other.id, other.value, other.aggregation) == ("a, b", 0, "sum")
    assert world.api.get_notification(world.app, world.notification).converted == 1


@step
def live_activity(world: SimpleNamespace) -> None:
    begin = models.BeginLiveActivityRequest(push_token="t", subscription_id=world.player)
    world.api.begin_live_activity(world.app, "act/1", begin)
    update = models.UpdateLiveActivityRequest(
        name="contents", event="update", event_updates={"data": "test"}
    )
    answer = world.api.update_live_activity(world.app, "act/1", update)
    (push,) = world.pushes(notification_id=answer.notification_id)
    assert push["notification"]["event_updates"] == {"data": "test"}
    world.api.end_live_activity(world.app, "act/1", world.player)
    answer = world.api.update_live_activity(world.app, "act/1", update)
    assert world.pushes(notification_id=answer.notification_id) == []


@step
def create_user(world: SimpleNamespace) -> None:
    user = models.User(
        identity={"al": "id/1", "external_id": "e1"},
        properties=models.PropertiesObject(tags={"a": "1"}, language="en"),
        subscriptions=[models.SubscriptionObject(type="iOSPush", token="tok")],
    )
    created = world.api.create_user(world.app, user)
    world.user = created.identity["onesignal_id"]
    (subscription,) = created.subscriptions
    world.subscription = subscription.id
    assert subscription.enabled is True
    again = world.api.create_user(world.app, user)
    assert again.identity["onesignal_id"] == world.user


@step
def fetch_user(world: SimpleNamespace) -> None:
    user = world.api.fetch_user(world.app, "onesignal_id", world.user)
    assert user.identity["external_id"] == "e1"
    assert user.properties.tags == {"a": "1"}
    assert user.subscriptions[0].token == "tok"
    assert world.api.fetch_user(world.app, "al", "id/1").identity["al"] == "id/1"
    error = refused(onesignal.ApiException, world.api.fetch_user, world.app, "al", "nobody")
    assert error.status == 404


@step
def update_user(world: SimpleNamespace) -> None:
    request = models.UpdateUserRequest(
        properties=models.PropertiesObject(language="fr", tags={"a": "", "b": "2"}),
        deltas=models.PropertiesDeltas(
            session_count=2.0,
            session_time=60.0,
            purchases=[models.Purchase(sku="gem", amount="1.50", iso="USD", count=2.0)],
        ),
    )
    answer = world.api.update_user(world.app, "al", "id/1", request)
    assert answer.properties.language == "fr"
    assert answer.properties.tags == {"b": "2"}
    assert answer.properties.amount_spent == 3.0
    user = world.api.fetch_user(world.app, "al", "id/1")
    assert user.properties.purchases[0].count == 2
    assert (user.subscriptions[0].session_count, user.subscriptions[0].session_time) == (3, 60)


@step
def subscriptions(world: SimpleNamespace) -> None:
    body = models.CreateSubscriptionRequestBody(
        subscription=models.SubscriptionObject(type="AndroidPush", token="android")
    )
    created = world.api.create_subscription(world.app, "al", "id/1", body).subscription
    assert created.type == "AndroidPush"
    change = models.UpdateSubscriptionRequestBody(
        subscription=models.SubscriptionObject(type="AndroidPush", token="new", enabled=False)
    )
    world.api.update_subscription(world.app, created.id, change)
    player = world.api.get_player(world.app, created.id)
    assert player.identifier == "new"
    assert player.invalid_identifier is True
    world.api.delete_subscription(world.app, created.id)
    error = refused(onesignal.ApiException, world.api.delete_subscription, world.app, created.id)
    assert error.status == 404


@step
def aliases(world: SimpleNamespace) -> None:
    found = world.api.fetch_aliases(world.app, world.subscription)
    assert found.identity["onesignal_id"] == world.user
    found = world.api.fetch_user_identity(world.app, "al", "id/1")
    assert found.identity["external_id"] == "e1"
    body = models.UserIdentityRequestBody(identity={"nl": "ni"})
    assert world.api.identify_user_by_alias(world.app, "al", "id/1", body).identity["nl"] == "ni"
    body = models.UserIdentityRequestBody(identity={"by": "subscription"})
    found = world.api.identify_user_by_subscription_id(world.app, world.subscription, body)
    assert found.identity["by"] == "subscription"
    found = world.api.delete_alias(world.app, "al", "id/1", "nl")
    assert "nl" not in found.identity
    taken = models.UserIdentityRequestBody(identity={"external_id": "ext/1 é"})
    error = refused(
        onesignal.ApiException, world.api.identify_user_by_alias, world.app, "al", "id/1", taken
    )
    assert error.status == 409


@step
def transfer_subscription(world: SimpleNamespace) -> None:
    world.api.create_user(world.app, models.User(identity={"external_id": "e2"}))
    body = models.TransferSubscriptionRequestBody(identity={"external_id": "e2"})
    answer = world.api.transfer_subscription(world.app, world.subscription, body)
    assert answer.identity["external_id"] == "e2"
    assert world.api.fetch_user(world.app, "al", "id/1").get("subscriptions", []) == []


@step
def get_eligible_iams(world: SimpleNamespace) -> None:
    assert world.api.get_eligible_iams(world.app, world.subscription).in_app_messages == []


@step
def delete_user(world: SimpleNamespace) -> None:
    world.api.delete_user(world.app, "al", "id/1")
    error = refused(onesignal.ApiException, world.api.fetch_user, world.app, "al", "id/1")
    assert error.status == 404


@step
def delete_segments(world: SimpleNamespace) -> None:
    assert world.api.delete_segments(world.app, world.segment).success is True
    error = refused(onesignal.ApiException, world.api.delete_segments, world.app, world.segment)
    assert error.status == 404


@step
def delete_player(world: SimpleNamespace) -> None:
    assert world.api.delete_player(world.app, world.player).success is True
    error = refused(onesignal.ApiException, world.api.delete_player, world.app, world.player)
    assert error.status == 404


@step
def a_wrong_key_is_refused(world: SimpleNamespace) -> None:
    config = onesignal.Configuration(host=world.host, app_key="wrong", user_key="wrong")
    stranger = DefaultApi(onesignal.ApiClient(config))
    assert refused(onesignal.ApiException, stranger.get_apps).status == 403
    assert refused(onesignal.ApiException, stranger.get_players, world.app).status == 403


def download(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        return gzip.decompress(answer.read()).decode()


if __name__ == "__main__":
    host, user_key = sys.argv[1:]
    config = onesignal.Configuration(host=host, user_key=user_key, app_key="none")
    main(host, user_key, DefaultApi(onesignal.ApiClient(config)))
