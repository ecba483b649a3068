"""Nakama's realtime messages as data: the envelope and all that it holds (`realtime.proto`).

`mock_server.wire.messages` reads it, and explains the notation. `api.` names a message of the API.
"""

MESSAGES = """
Envelope:
  1 cid string,
  2 channel Channel of message,
  3 channel_join ChannelJoin of message from client,
  4 channel_leave ChannelLeave of message from client,
  5 channel_message api.ChannelMessage of message,
  6 channel_message_ack ChannelMessageAck of message,
  7 channel_message_send ChannelMessageSend of message from client,
  8 channel_message_update ChannelMessageUpdate of message from client,
  9 channel_message_remove ChannelMessageRemove of message from client,
  10 channel_presence_event ChannelPresenceEvent of message,
  11 error Error of message,
  12 match Match of message,
  13 match_create MatchCreate of message from client,
  14 match_data MatchData of message,
  15 match_data_send MatchDataSend of message from client,
  16 match_join MatchJoin of message from client,
  17 match_leave MatchLeave of message from client,
  18 match_presence_event MatchPresenceEvent of message,
  19 matchmaker_add MatchmakerAdd of message from client,
  20 matchmaker_matched MatchmakerMatched of message,
  21 matchmaker_remove MatchmakerRemove of message from client,
  22 matchmaker_ticket MatchmakerTicket of message,
  23 notifications Notifications of message,
  24 rpc api.Rpc of message from client,
  25 status Status of message,
  26 status_follow StatusFollow of message from client,
  27 status_presence_event StatusPresenceEvent of message,
  28 status_unfollow StatusUnfollow of message from client,
  29 status_update StatusUpdate of message from client,
  30 stream_data StreamData of message,
  31 stream_presence_event StreamPresenceEvent of message,
  32 ping Ping of message from client,
  33 pong Pong of message from client,
  34 party Party of message,
  35 party_create PartyCreate of message from client,
  36 party_join PartyJoin of message from client,
  37 party_leave PartyLeave of message from client,
  38 party_promote PartyPromote of message from client,
  39 party_leader PartyLeader of message,
  40 party_accept PartyAccept of message from client,
  41 party_remove PartyRemove of message from client,
  42 party_close PartyClose of message from client,
  43 party_join_request_list PartyJoinRequestList of message from client,
  44 party_join_request PartyJoinRequest of message,
  45 party_matchmaker_add PartyMatchmakerAdd of message from client,
  46 party_matchmaker_remove PartyMatchmakerRemove of message from client,
  47 party_matchmaker_ticket PartyMatchmakerTicket of message,
  48 party_data PartyData of message,
  49 party_data_send PartyDataSend of message from client,
  50 party_presence_event PartyPresenceEvent of message,
  51 party_update PartyUpdate of message from client
Channel: 1 id string, 2 presences [UserPresence], 3 self UserPresence, 4 room_name string,
  5 group_id string, 6 user_id_one string, 7 user_id_two string
ChannelJoin: 1 target string, 2 type int32, 3 persistence BoolValue, 4 hidden BoolValue
ChannelLeave: 1 channel_id string
ChannelMessageAck: 1 channel_id string, 2 message_id string, 3 code Int32Value, 4 username string,
  5 create_time Timestamp, 6 update_time Timestamp, 7 persistent BoolValue, 8 room_name string,
  9 group_id string, 10 user_id_one string, 11 user_id_two string
ChannelMessageSend: 1 channel_id string, 2 content string
ChannelMessageUpdate: 1 channel_id string, 2 message_id string, 3 content string
ChannelMessageRemove: 1 channel_id string, 2 message_id string
ChannelPresenceEvent: 1 channel_id string, 2 joins [UserPresence], 3 leaves [UserPresence],
  4 room_name string, 5 group_id string, 6 user_id_one string, 7 user_id_two string
Error: 1 code int32, 2 message string, 3 context {string}
Match: 1 match_id string, 2 authoritative bool, 3 label StringValue, 4 size int32,
  5 presences [UserPresence], 6 self UserPresence
MatchCreate: 1 name string
MatchData: 1 match_id string, 2 presence UserPresence, 3 op_code int64, 4 data bytes,
  5 reliable bool
MatchDataSend: 1 match_id string, 2 op_code int64, 3 data bytes, 4 presences [UserPresence],
  5 reliable bool
MatchJoin: 1 match_id string of id, 2 token string of id, 3 metadata {string}
MatchLeave: 1 match_id string
MatchPresenceEvent: 1 match_id string, 2 joins [UserPresence], 3 leaves [UserPresence]
MatchmakerAdd: 1 min_count int32, 2 max_count int32, 3 query string, 4 string_properties {string},
  5 numeric_properties {double}, 6 count_multiple Int32Value
MatchmakerMatched: 1 ticket string, 2 match_id string of id, 3 token string of id,
  4 users [MatchmakerMatched.MatchmakerUser], 5 self MatchmakerMatched.MatchmakerUser
MatchmakerMatched.MatchmakerUser: 1 presence UserPresence, 2 party_id string,
  5 string_properties {string}, 6 numeric_properties {double}
MatchmakerRemove: 1 ticket string
MatchmakerTicket: 1 ticket string
Notifications: 1 notifications [api.Notification]
Party: 1 party_id string, 2 open bool, 3 hidden bool, 4 max_size int32, 5 self UserPresence,
  6 leader UserPresence, 7 presences [UserPresence], 8 label string
PartyCreate: 1 open bool, 2 max_size int32, 3 label string, 4 hidden bool
PartyUpdate: 1 party_id string, 2 label string, 3 open bool, 4 hidden bool
PartyJoin: 1 party_id string
PartyLeave: 1 party_id string
PartyPromote: 1 party_id string, 2 presence UserPresence
PartyLeader: 1 party_id string, 2 presence UserPresence
PartyAccept: 1 party_id string, 2 presence UserPresence
PartyRemove: 1 party_id string, 2 presence UserPresence
PartyClose: 1 party_id string
PartyJoinRequestList: 1 party_id string
PartyJoinRequest: 1 party_id string, 2 presences [UserPresence]
PartyMatchmakerAdd: 1 party_id string, 2 min_count int32, 3 max_count int32, 4 query string,
  5 string_properties {string}, 6 numeric_properties {double}, 7 count_multiple Int32Value
PartyMatchmakerRemove: 1 party_id string, 2 ticket string
PartyMatchmakerTicket: 1 party_id string, 2 ticket string
PartyData: 1 party_id string, 2 presence UserPresence, 3 op_code int64, 4 data bytes
PartyDataSend: 1 party_id string, 2 op_code int64, 3 data bytes
PartyPresenceEvent: 1 party_id string, 2 joins [UserPresence], 3 leaves [UserPresence]
Ping:
Pong:
Status: 1 presences [UserPresence]
StatusFollow: 1 user_ids [string], 2 usernames [string]
StatusPresenceEvent: 2 joins [UserPresence], 3 leaves [UserPresence]
StatusUnfollow: 1 user_ids [string]
StatusUpdate: 1 status StringValue
Stream: 1 mode int32, 2 subject string, 3 subcontext string, 4 label string
StreamData: 1 stream Stream, 2 sender UserPresence, 3 data string, 4 reliable bool
StreamPresenceEvent: 1 stream Stream, 2 joins [UserPresence], 3 leaves [UserPresence]
UserPresence: 1 user_id string, 2 session_id string, 3 username string, 4 persistence bool,
  5 status StringValue
"""
