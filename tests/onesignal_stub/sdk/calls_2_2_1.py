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
def create_app(state: SimpleNamespace) -> None:
    app = state.api.create_app(models.App(name="Game", gcm_key="key"))
    assert app.name == "Game"
    assert app.gcm_key == "key"
    assert app.players == 0
    state.app = app.id
    config = onesignal.Configuration(
        host=state.host, app_key=app.basic_auth_key, user_key=state.user_key
    )
    state.api = DefaultApi(onesignal.ApiClient(config))


@step
def get_and_update_app(state: SimpleNamespace) -> None:
    assert state.api.get_app(state.app).name == "Game"
    assert state.api.update_app(state.app, models.App(name="Renamed")).name == "Renamed"
    assert [app.id for app in state.api.get_apps().value][-1] == state.app
    error = refused(onesignal.ApiException, state.api.get_app, str(uuid.uuid4()))
    assert error.status == 404


@step
def create_player(state: SimpleNamespace) -> None:
    player = models.Player(
        device_type=1,
        app_id=state.app,
        identifier="token 1",
        language="de",
        tags={"level": "10"},
        external_user_id="ext/1 é",
    )
    created = state.api.create_player(player)
    assert created.success is True
    state.player = created.id
    again = state.api.create_player(player)
    assert again.id == created.id
    silent = models.Player(device_type=0, app_id=state.app, external_user_id="ext/1 é")
    state.silent = state.api.create_player(silent).id


@step
def get_and_list_players(state: SimpleNamespace) -> None:
    player = state.api.get_player(state.app, state.player)
    assert (player.identifier, player.device_type, player.language) == ("token 1", 1, "de")
    assert player.tags == {"level": "10"}
    assert player.external_user_id == "ext/1 é"
    assert player.invalid_identifier is False
    page = state.api.get_players(state.app, limit=1, offset=1)
    assert (page.total_count, page.limit, page.offset) == (2, 1, 1)
    assert page.players[0].id == state.silent
    refused(onesignal.ApiException, state.api.get_player, state.app, str(uuid.uuid4()))


@step
def update_player(state: SimpleNamespace) -> None:
    change = models.Player(device_type=1, app_id=state.app, tags={"rank": "1"}, game_version="1.2")
    assert state.api.update_player(state.player, change).success is True
    player = state.api.get_player(state.app, state.player)
    assert player.tags == {"level": "10", "rank": "1"}
    assert player.game_version == "1.2"


@step
def update_player_tags(state: SimpleNamespace) -> None:
    body = models.UpdatePlayerTagsRequestBody(tags={"rank": "", "class": "mage"})
    assert (
        state.api.update_player_tags(
            state.app, "ext/1 é", update_player_tags_request_body=body
        ).success
        is True
    )
    assert state.api.get_player(state.app, state.player).tags == {"level": "10", "class": "mage"}
    error = refused(onesignal.ApiException, state.api.update_player_tags, state.app, "nobody")
    assert error.status == 404


@step
def create_segments(state: SimpleNamespace) -> None:
    segment = models.Segment(
        name="Mages",
        filters=[
            models.FilterExpressions(field="tag", key="class", relation="=", value="mage"),
            models.FilterExpressions(operator="OR"),
            models.FilterExpressions(field="session_count", relation=">", value="100"),
        ],
    )
    created = state.api.create_segments(state.app, segment=segment)
    assert created.success is True
    state.segment = created.id
    error = refused(
        onesignal.ApiException, lambda: state.api.create_segments(state.app, segment=segment)
    )
    assert error.status == 400


@step
def create_notification_to_a_segment(state: SimpleNamespace) -> None:
    notification = models.Notification(
        app_id=state.app,
        contents=models.StringMap(en="Gig'em Ags", de="Los!"),
        headings=models.StringMap(en="Title"),
        included_segments=["Mages"],
        data={"foo": "bar"},
        name="first",
    )
    sent = state.api.create_notification(notification)
    assert sent.recipients == 1
    state.notification = sent.id
    (push,) = state.pushes(notification_id=sent.id)
    assert push["player_id"] == state.player
    assert push["contents"] == "Los!"
    assert push["heading"] is None
    assert push["data"] == {"foo": "bar"}


@step
def create_notification_with_filters(state: SimpleNamespace) -> None:
    notification = models.Notification(
        app_id=state.app,
        contents=models.StringMap(en="filtered"),
        filters=[models.Filter(field="tag", key="level", relation=">", value="9")],
    )
    assert state.api.create_notification(notification).recipients == 1


@step
def create_notification_to_external_user_ids(state: SimpleNamespace) -> None:
    notification = models.Notification(
        app_id=state.app,
        contents=models.StringMap(en="named"),
        include_external_user_ids=["ext/1 é"],
    )
    sent = state.api.create_notification(notification)
    assert sent.recipients == 1
    assert sent.errors.invalid_external_user_ids == ["ext/1 é"]


@step
def create_notification_that_reaches_nobody(state: SimpleNamespace) -> None:
    notification = models.Notification(
        app_id=state.app, contents=models.StringMap(en="lost"), included_segments=["all"]
    )
    sent = state.api.create_notification(notification)
    assert sent.id == ""
    assert sent.recipients == 0


@step
def get_notification(state: SimpleNamespace) -> None:
    found = state.api.get_notification(state.app, state.notification)
    assert found.contents["en"] == "Gig'em Ags"
    assert found.included_segments == ["Mages"]
    assert (found.successful, found.remaining, found.converted) == (1, 0, 0)
    assert found.canceled is False
    assert found.completed_at >= found.queued_at
    error = refused(
        onesignal.ApiException, state.api.get_notification, state.app, str(uuid.uuid4())
    )
    assert error.status == 404


@step
def get_notifications(state: SimpleNamespace) -> None:
    page = state.api.get_notifications(state.app, limit=2, offset=1, kind=1)
    assert (page.total_count, page.limit, page.offset) == (3, 2, 1)
    assert page.notifications[1].id == state.notification
    assert state.api.get_notifications(state.app, kind=0).total_count == 0


@step
def cancel_notification(state: SimpleNamespace) -> None:
    notification = models.Notification(
        app_id=state.app,
        contents=models.StringMap(en="later"),
        include_player_ids=[state.player],
        send_after=state.in_a_year,
    )
    scheduled = state.api.create_notification(notification)
    assert state.pushes(notification_id=scheduled.id) == []
    assert state.api.cancel_notification(state.app, scheduled.id).success is True
    assert state.api.get_notification(state.app, scheduled.id).canceled is True
    error = refused(
        onesignal.ApiException, state.api.cancel_notification, state.app, state.notification
    )
    assert error.status == 400
    assert "already been sent" in error.body


@step
def get_notification_history(state: SimpleNamespace) -> None:
    body = models.GetNotificationRequestBody(events="sent", email="a@b.co", app_id=state.app)
    answer = state.api.get_notification_history(state.notification, body)
    assert answer.success is True
    assert state.player in download(answer.destination_url)


@step
def export_events(state: SimpleNamespace) -> None:
    answer = state.api.export_events(state.notification, state.app)
    assert f"sent,{state.player}" in download(answer.csv_file_url)


@step
def export_players(state: SimpleNamespace) -> None:
    body = models.ExportPlayersRequestBody(
        extra_fields=["country", "external_user_id"], last_active_since="1469392779"
    )
    answer = state.api.export_players(state.app, export_players_request_body=body)
    header, first, second = download(answer.csv_file_url).splitlines()
    assert header.endswith("invalid_identifier,badge_count,country,external_user_id")
    assert first.startswith(f"{state.player},token 1,1,de")
    assert ",t," in second
    assert answer.csv_file_url.endswith(".csv.gz")


@step
def get_outcomes(state: SimpleNamespace) -> None:
    (push,) = state.pushes(notification_id=state.notification)
    state.control("POST", f"/_control/pushes/{push['id']}/open")
    answer = state.api.get_outcomes(
        state.app,
        "os__click.count",
        outcome_names2="a, b.sum",
        outcome_time_range="1d",
        outcome_platforms="0,1",
        outcome_attribution="direct",
    )
    click, other = answer.outcomes
    assert (click.id, click.value, click.aggregation) == ("os__click", 1, "count")
    assert (other.id, other.value, other.aggregation) == ("a, b", 0, "sum")
    assert state.api.get_notification(state.app, state.notification).converted == 1


@step
def live_activity(state: SimpleNamespace) -> None:
    begin = models.BeginLiveActivityRequest(push_token="t", subscription_id=state.player)
    state.api.begin_live_activity(state.app, "act/1", begin)
    update = models.UpdateLiveActivityRequest(
        name="contents", event="update", event_updates={"data": "test"}
    )
    answer = state.api.update_live_activity(state.app, "act/1", update)
    (push,) = state.pushes(notification_id=answer.notification_id)
    assert push["notification"]["event_updates"] == {"data": "test"}
    state.api.end_live_activity(state.app, "act/1", state.player)
    answer = state.api.update_live_activity(state.app, "act/1", update)
    assert state.pushes(notification_id=answer.notification_id) == []


@step
def create_user(state: SimpleNamespace) -> None:
    user = models.User(
        identity={"al": "id/1", "external_id": "e1"},
        properties=models.PropertiesObject(tags={"a": "1"}, language="en"),
        subscriptions=[models.SubscriptionObject(type="iOSPush", token="tok")],
    )
    created = state.api.create_user(state.app, user)
    state.user = created.identity["onesignal_id"]
    (subscription,) = created.subscriptions
    state.subscription = subscription.id
    assert subscription.enabled is True
    again = state.api.create_user(state.app, user)
    assert again.identity["onesignal_id"] == state.user


@step
def fetch_user(state: SimpleNamespace) -> None:
    user = state.api.fetch_user(state.app, "onesignal_id", state.user)
    assert user.identity["external_id"] == "e1"
    assert user.properties.tags == {"a": "1"}
    assert user.subscriptions[0].token == "tok"
    assert state.api.fetch_user(state.app, "al", "id/1").identity["al"] == "id/1"
    error = refused(onesignal.ApiException, state.api.fetch_user, state.app, "al", "nobody")
    assert error.status == 404


@step
def update_user(state: SimpleNamespace) -> None:
    request = models.UpdateUserRequest(
        properties=models.PropertiesObject(language="fr", tags={"a": "", "b": "2"}),
        deltas=models.PropertiesDeltas(
            session_count=2.0,
            session_time=60.0,
            purchases=[models.Purchase(sku="gem", amount="1.50", iso="USD", count=2.0)],
        ),
    )
    answer = state.api.update_user(state.app, "al", "id/1", request)
    assert answer.properties.language == "fr"
    assert answer.properties.tags == {"b": "2"}
    assert answer.properties.amount_spent == 3.0
    user = state.api.fetch_user(state.app, "al", "id/1")
    assert user.properties.purchases[0].count == 2
    assert (user.subscriptions[0].session_count, user.subscriptions[0].session_time) == (3, 60)


@step
def subscriptions(state: SimpleNamespace) -> None:
    body = models.CreateSubscriptionRequestBody(
        subscription=models.SubscriptionObject(type="AndroidPush", token="android")
    )
    created = state.api.create_subscription(state.app, "al", "id/1", body).subscription
    assert created.type == "AndroidPush"
    change = models.UpdateSubscriptionRequestBody(
        subscription=models.SubscriptionObject(type="AndroidPush", token="new", enabled=False)
    )
    state.api.update_subscription(state.app, created.id, change)
    player = state.api.get_player(state.app, created.id)
    assert player.identifier == "new"
    assert player.invalid_identifier is True
    state.api.delete_subscription(state.app, created.id)
    error = refused(onesignal.ApiException, state.api.delete_subscription, state.app, created.id)
    assert error.status == 404


@step
def aliases(state: SimpleNamespace) -> None:
    found = state.api.fetch_aliases(state.app, state.subscription)
    assert found.identity["onesignal_id"] == state.user
    found = state.api.fetch_user_identity(state.app, "al", "id/1")
    assert found.identity["external_id"] == "e1"
    body = models.UserIdentityRequestBody(identity={"nl": "ni"})
    assert state.api.identify_user_by_alias(state.app, "al", "id/1", body).identity["nl"] == "ni"
    body = models.UserIdentityRequestBody(identity={"by": "subscription"})
    found = state.api.identify_user_by_subscription_id(state.app, state.subscription, body)
    assert found.identity["by"] == "subscription"
    found = state.api.delete_alias(state.app, "al", "id/1", "nl")
    assert "nl" not in found.identity
    taken = models.UserIdentityRequestBody(identity={"external_id": "ext/1 é"})
    error = refused(
        onesignal.ApiException, state.api.identify_user_by_alias, state.app, "al", "id/1", taken
    )
    assert error.status == 409


@step
def transfer_subscription(state: SimpleNamespace) -> None:
    state.api.create_user(state.app, models.User(identity={"external_id": "e2"}))
    body = models.TransferSubscriptionRequestBody(identity={"external_id": "e2"})
    answer = state.api.transfer_subscription(state.app, state.subscription, body)
    assert answer.identity["external_id"] == "e2"
    assert state.api.fetch_user(state.app, "al", "id/1").get("subscriptions", []) == []


@step
def get_eligible_iams(state: SimpleNamespace) -> None:
    assert state.api.get_eligible_iams(state.app, state.subscription).in_app_messages == []


@step
def delete_user(state: SimpleNamespace) -> None:
    state.api.delete_user(state.app, "al", "id/1")
    error = refused(onesignal.ApiException, state.api.fetch_user, state.app, "al", "id/1")
    assert error.status == 404


@step
def delete_segments(state: SimpleNamespace) -> None:
    assert state.api.delete_segments(state.app, state.segment).success is True
    error = refused(onesignal.ApiException, state.api.delete_segments, state.app, state.segment)
    assert error.status == 404


@step
def delete_player(state: SimpleNamespace) -> None:
    assert state.api.delete_player(state.app, state.player).success is True
    error = refused(onesignal.ApiException, state.api.delete_player, state.app, state.player)
    assert error.status == 404


@step
def a_wrong_key_is_refused(state: SimpleNamespace) -> None:
    config = onesignal.Configuration(host=state.host, app_key="wrong", user_key="wrong")
    stranger = DefaultApi(onesignal.ApiClient(config))
    assert refused(onesignal.ApiException, stranger.get_apps).status == 403
    assert refused(onesignal.ApiException, stranger.get_players, state.app).status == 403


def download(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        return gzip.decompress(answer.read()).decode()


if __name__ == "__main__":
    host, user_key = sys.argv[1:]
    config = onesignal.Configuration(host=host, user_key=user_key, app_key="none")
    main(host, user_key, DefaultApi(onesignal.ApiClient(config)))
