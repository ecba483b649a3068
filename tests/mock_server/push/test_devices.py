"""The table of devices, against a dictionary of what it should hold."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from mock_server.features.push.devices import SCHEMA, Device, DeviceTable
from server_kit import Clock, Store

USERS = "CREATE TABLE users (id TEXT PRIMARY KEY); INSERT INTO users VALUES ('ada'), ('bob');"
EXPIRY = 10

users = st.sampled_from(["ada", "bob"])
tokens = st.sampled_from(["one", "two", "three"])
steps = st.one_of(
    st.tuples(st.just("save"), users, tokens),
    st.tuples(st.just("forget"), users, tokens),
    st.tuples(st.just("resolve"), users, tokens),
    st.tuples(st.just("wait"), users, st.integers(1, EXPIRY)),
)


@given(st.lists(steps, max_size=30))
def test_any_order_of_logins_and_logouts_leaves_the_right_devices(
    history: list[tuple[str, str, str | int]],
) -> None:
    clock = Clock(stopped_at=1000)
    store = Store(USERS + SCHEMA)
    devices = DeviceTable(store, clock, expiry=EXPIRY)
    logins: dict[str, dict[str, float]] = defaultdict(dict)
    resolved: set[tuple[str, str]] = set()
    for what, user, value in history:
        if what == "wait":
            clock.advance(int(value))
            devices.prune()
            for own in logins.values():
                for token in [each for each in own if own[each] < clock.time() - EXPIRY]:
                    del own[token]
        elif what == "save":
            devices.save(user, Device(device_type=1, identifier=str(value)))
            logins[user].pop(str(value), None)
            logins[user][str(value)] = clock.time()
        elif what == "forget":
            assert devices.forget(user, 1, str(value)) == (str(value) in logins[user])
            logins[user].pop(str(value), None)
        else:
            owners = devices.resolve(1, str(value), f"player {value}")
            assert set(owners) == {name for name in logins if str(value) in logins[name]}
            resolved |= {(name, str(value)) for name in owners}
        resolved = {(name, token) for name, token in resolved if token in logins[name]}
    for user in ("ada", "bob"):
        found = devices.of_user(user)
        assert [device.identifier for device in found] == list(reversed(logins[user]))
        for device in found:
            if (user, device.identifier) in resolved:
                assert device.player_id == f"player {device.identifier}"
    store.close()


def test_a_device_is_one_by_player_id_by_identifier_and_by_installation() -> None:
    store = Store(USERS + SCHEMA)
    devices = DeviceTable(store, Clock(stopped_at=1000), expiry=0)
    devices.save("ada", Device(device_type=0, identifier="t"))
    devices.save("ada", Device(device_type=1, identifier="t", player_id="p"))
    devices.save("ada", Device(device_type=0, identifier="t", player_id="p", installation_id="i"))
    devices.save("ada", Device(device_type=0, identifier="u", player_id="q", installation_id="i"))
    (device,) = devices.of_user("ada")
    assert (device.player_id, device.identifier, device.installation_id) == ("q", "u", "i")
    assert devices.forget_installation("i") == ["ada"]
    store.close()


def test_a_device_keeps_the_info_of_its_other_user() -> None:
    store = Store(USERS + SCHEMA)
    devices = DeviceTable(store, Clock(stopped_at=1000), expiry=0)
    devices.save("ada", Device(device_type=0, identifier="t", player_id="p", installation_id="i"))
    devices.save("bob", Device(player_id="q", installation_id="i"))
    (device,) = devices.of_user("ada")
    assert (device.player_id, device.device_type, device.identifier) == ("q", 0, "t")
    assert devices.forget("ada", 0, "t")
    store.close()


def test_a_registration_by_token_alone_keeps_the_devices_info() -> None:
    store = Store(USERS + SCHEMA)
    devices = DeviceTable(store, Clock(stopped_at=1000), expiry=0)
    told = {"platform": "ios", "language": "de"}
    devices.save("ada", Device(device_type=0, identifier="t", player_id="p", info=told))
    devices.save("ada", Device(device_type=0, identifier="t"))
    (device,) = devices.of_user("ada")
    assert (device.player_id, device.info) == ("p", told)
    store.close()
