"""Messages as hooks in JavaScript see them."""

from mock_server.runtime.js.messages import full_message
from mock_server.wire.messages import api_message, realtime_message


def test_fields_that_are_not_set_have_their_defaults() -> None:
    record = api_message("WriteLeaderboardRecordRequest.LeaderboardRecordWrite")
    assert full_message(record, {"score": "5"}) == {
        "score": "5",
        "subscore": "0",
        "metadata": "",
        "operator": 0,
    }
    sent = full_message(realtime_message("MatchDataSend"), {"match_id": "a."})
    assert sent == {"matchId": "a.", "opCode": "0", "data": "", "presences": [], "reliable": False}


def test_members_of_a_oneof_are_there_if_they_are_set() -> None:
    assert full_message(realtime_message("MatchJoin"), {"token": ""}) == {
        "token": "",
        "metadata": {},
    }
