"""Nakama's API as data: its messages, its enums, its operations (`api.proto`, `apigrpc.proto`).

`mock_server.wire.messages` reads it, and explains the notation. Fields come in the order of their
declaration, which is the order of their JSON names.
"""

ENUMS = """
StoreProvider: 0 APPLE_APP_STORE, 1 GOOGLE_PLAY_STORE, 2 HUAWEI_APP_GALLERY, 3
  FACEBOOK_INSTANT_STORE, 4 SAMSUNG_GALAXY_STORE
StoreEnvironment: 0 UNKNOWN, 1 SANDBOX, 2 PRODUCTION
Operator: 0 NO_OVERRIDE, 1 BEST, 2 SET, 3 INCREMENT, 4 DECREMENT
"""

MESSAGES = """
Account: 1 user User, 2 wallet string, 3 email string, 4 devices [AccountDevice],
  5 custom_id string, 6 verify_time Timestamp, 7 disable_time Timestamp
AccountRefresh: 1 token string, 2 vars {string}
AccountApple: 1 token string, 2 vars {string}
AccountCustom: 1 id string, 2 vars {string}
AccountDevice: 1 id string, 2 vars {string}
AccountEmail: 1 email string, 2 password string, 3 vars {string}
AccountFacebook: 1 token string, 2 vars {string}
AccountFacebookInstantGame: 1 signed_player_info string, 2 vars {string}
AccountGameCenter: 1 player_id string, 2 bundle_id string, 3 timestamp_seconds int64,
  4 salt string, 5 signature string, 6 public_key_url string, 7 vars {string}
AccountGoogle: 1 token string, 2 vars {string}
AccountSteam: 1 token string, 2 vars {string}
AddFriendsRequest: 1 ids [string], 2 usernames [string], 3 metadata string
AddGroupUsersRequest: 1 group_id string, 2 user_ids [string]
SessionRefreshRequest: 1 token string, 2 vars {string}
SessionLogoutRequest: 1 token string, 2 refresh_token string
AuthenticateAppleRequest: 1 account AccountApple, 2 create BoolValue, 3 username string
AuthenticateCustomRequest: 1 account AccountCustom, 2 create BoolValue, 3 username string
AuthenticateDeviceRequest: 1 account AccountDevice, 2 create BoolValue, 3 username string
AuthenticateEmailRequest: 1 account AccountEmail, 2 create BoolValue, 3 username string
AuthenticateFacebookRequest: 1 account AccountFacebook, 2 create BoolValue, 3 username string,
  4 sync BoolValue
AuthenticateFacebookInstantGameRequest: 1 account AccountFacebookInstantGame, 2 create BoolValue,
  3 username string
AuthenticateGameCenterRequest: 1 account AccountGameCenter, 2 create BoolValue, 3 username string
AuthenticateGoogleRequest: 1 account AccountGoogle, 2 create BoolValue, 3 username string
AuthenticateSteamRequest: 1 account AccountSteam, 2 create BoolValue, 3 username string,
  4 sync BoolValue
BanGroupUsersRequest: 1 group_id string, 2 user_ids [string]
BlockFriendsRequest: 1 ids [string], 2 usernames [string]
ChannelMessage: 1 channel_id string, 2 message_id string, 3 code Int32Value, 4 sender_id string,
  5 username string, 6 content string, 7 create_time Timestamp, 8 update_time Timestamp,
  9 persistent BoolValue, 10 room_name string, 11 group_id string, 12 user_id_one string,
  13 user_id_two string
ChannelMessageList: 1 messages [ChannelMessage], 2 next_cursor string, 3 prev_cursor string,
  4 cacheable_cursor string
CreateGroupRequest: 1 name string, 2 description string, 3 lang_tag string, 4 avatar_url string,
  5 open bool, 6 max_count int32
DeleteFriendsRequest: 1 ids [string], 2 usernames [string]
DeleteGroupRequest: 1 group_id string
DeleteLeaderboardRecordRequest: 1 leaderboard_id string
DeleteNotificationsRequest: 1 ids [string]
DeleteTournamentRecordRequest: 1 tournament_id string
DeleteStorageObjectId: 1 collection string, 2 key string, 3 version string
DeleteStorageObjectsRequest: 1 object_ids [DeleteStorageObjectId]
Event: 1 name string, 2 properties {string}, 3 timestamp Timestamp, 4 external bool
Friend: 1 user User, 2 state Int32Value, 3 update_time Timestamp, 4 metadata string
FriendList: 1 friends [Friend], 2 cursor string
FriendsOfFriendsList: 1 friends_of_friends [FriendsOfFriendsList.FriendOfFriend], 2 cursor string
FriendsOfFriendsList.FriendOfFriend: 1 referrer string, 2 user User
GetUsersRequest: 1 ids [string], 2 usernames [string], 3 facebook_ids [string]
GetSubscriptionRequest: 1 product_id string
Group: 1 id string, 2 creator_id string, 3 name string, 4 description string, 5 lang_tag string,
  6 metadata string, 7 avatar_url string, 8 open BoolValue, 9 edge_count int32,
  10 max_count int32, 11 create_time Timestamp, 12 update_time Timestamp
GroupList: 1 groups [Group], 2 cursor string
GroupUserList: 1 group_users [GroupUserList.GroupUser], 2 cursor string
GroupUserList.GroupUser: 1 user User, 2 state Int32Value
ImportFacebookFriendsRequest: 1 account AccountFacebook, 2 reset BoolValue
ImportSteamFriendsRequest: 1 account AccountSteam, 2 reset BoolValue
JoinGroupRequest: 1 group_id string
JoinTournamentRequest: 1 tournament_id string
KickGroupUsersRequest: 1 group_id string, 2 user_ids [string]
Leaderboard: 1 id string, 2 sort_order uint32, 3 operator Operator, 4 prev_reset uint32,
  5 next_reset uint32, 6 metadata string, 7 create_time Timestamp, 8 authoritative bool
LeaderboardList: 1 leaderboards [Leaderboard], 2 cursor string
LeaderboardRecord: 1 leaderboard_id string, 2 owner_id string, 3 username StringValue,
  4 score int64, 5 subscore int64, 6 num_score int32, 7 metadata string, 8 create_time Timestamp,
  9 update_time Timestamp, 10 expiry_time Timestamp, 11 rank int64, 12 max_num_score uint32
LeaderboardRecordList: 1 records [LeaderboardRecord], 2 owner_records [LeaderboardRecord],
  3 next_cursor string, 4 prev_cursor string, 5 rank_count int64
LeaveGroupRequest: 1 group_id string
LinkFacebookRequest: 1 account AccountFacebook, 2 sync BoolValue
LinkSteamRequest: 1 account AccountSteam, 2 sync BoolValue
ListChannelMessagesRequest: 1 channel_id string, 2 limit Int32Value, 3 forward BoolValue,
  4 cursor string
ListFriendsRequest: 1 limit Int32Value, 2 state Int32Value, 3 cursor string
ListFriendsOfFriendsRequest: 1 limit Int32Value, 2 cursor string
ListGroupsRequest: 1 name string, 2 cursor string, 3 limit Int32Value, 4 lang_tag string,
  5 members Int32Value, 6 open BoolValue
ListGroupUsersRequest: 1 group_id string, 2 limit Int32Value, 3 state Int32Value, 4 cursor string
ListLeaderboardRecordsAroundOwnerRequest: 1 leaderboard_id string, 2 limit UInt32Value,
  3 owner_id string, 4 expiry Int64Value, 5 cursor string
ListLeaderboardRecordsRequest: 1 leaderboard_id string, 2 owner_ids [string], 3 limit Int32Value,
  4 cursor string, 5 expiry Int64Value
ListMatchesRequest: 1 limit Int32Value, 2 authoritative BoolValue, 3 label StringValue,
  4 min_size Int32Value, 5 max_size Int32Value, 6 query StringValue
ListNotificationsRequest: 1 limit Int32Value, 2 cacheable_cursor string
ListStorageObjectsRequest: 1 user_id string, 2 collection string, 3 limit Int32Value,
  4 cursor string
ListSubscriptionsRequest: 1 limit Int32Value, 2 cursor string
ListTournamentRecordsAroundOwnerRequest: 1 tournament_id string, 2 limit UInt32Value,
  3 owner_id string, 4 expiry Int64Value, 5 cursor string
ListTournamentRecordsRequest: 1 tournament_id string, 2 owner_ids [string], 3 limit Int32Value,
  4 cursor string, 5 expiry Int64Value
ListTournamentsRequest: 1 category_start UInt32Value, 2 category_end UInt32Value,
  3 start_time UInt32Value, 4 end_time UInt32Value, 6 limit Int32Value, 8 cursor string
ListUserGroupsRequest: 1 user_id string, 2 limit Int32Value, 3 state Int32Value, 4 cursor string
Match: 1 match_id string, 2 authoritative bool, 3 label StringValue, 4 size int32,
  5 tick_rate int32, 6 handler_name string
MatchList: 1 matches [Match]
MatchmakerCompletionStats: 1 create_time Timestamp, 2 complete_time Timestamp
MatchmakerStats: 1 ticket_count int32, 2 oldest_ticket_create_time Timestamp,
  3 completions [MatchmakerCompletionStats]
Notification: 1 id string, 2 subject string, 3 content string, 4 code int32, 5 sender_id string,
  6 create_time Timestamp, 7 persistent bool
NotificationList: 1 notifications [Notification], 2 cacheable_cursor string
PromoteGroupUsersRequest: 1 group_id string, 2 user_ids [string]
DemoteGroupUsersRequest: 1 group_id string, 2 user_ids [string]
ReadStorageObjectId: 1 collection string, 2 key string, 3 user_id string
ReadStorageObjectsRequest: 1 object_ids [ReadStorageObjectId]
Rpc: 1 id string, 2 payload string, 3 http_key string
Session: 1 created bool, 2 token string, 3 refresh_token string
StorageObject: 1 collection string, 2 key string, 3 user_id string, 4 value string,
  5 version string, 6 permission_read int32, 7 permission_write int32, 8 create_time Timestamp,
  9 update_time Timestamp
StorageObjectAck: 1 collection string, 2 key string, 3 version string, 4 user_id string,
  5 create_time Timestamp, 6 update_time Timestamp
StorageObjectAcks: 1 acks [StorageObjectAck]
StorageObjects: 1 objects [StorageObject]
StorageObjectList: 1 objects [StorageObject], 2 cursor string
Tournament: 1 id string, 2 title string, 3 description string, 4 category uint32,
  5 sort_order uint32, 6 size uint32, 7 max_size uint32, 8 max_num_score uint32, 9 can_enter bool,
  10 end_active uint32, 11 next_reset uint32, 12 metadata string, 13 create_time Timestamp,
  14 start_time Timestamp, 15 end_time Timestamp, 16 duration uint32, 17 start_active uint32,
  18 prev_reset uint32, 19 operator Operator, 20 authoritative bool, 21 join_required bool
TournamentList: 1 tournaments [Tournament], 2 cursor string
TournamentRecordList: 1 records [LeaderboardRecord], 2 owner_records [LeaderboardRecord],
  3 next_cursor string, 4 prev_cursor string, 5 rank_count int64
UpdateAccountRequest: 1 username StringValue, 2 display_name StringValue,
  3 avatar_url StringValue, 4 lang_tag StringValue, 5 location StringValue, 6 timezone StringValue
UpdateGroupRequest: 1 group_id string, 2 name StringValue, 3 description StringValue,
  4 lang_tag StringValue, 5 avatar_url StringValue, 6 open BoolValue
User: 1 id string, 2 username string, 3 display_name string, 4 avatar_url string,
  5 lang_tag string, 6 location string, 7 timezone string, 8 metadata string,
  9 facebook_id string, 10 google_id string, 11 gamecenter_id string, 12 steam_id string,
  13 online bool, 14 edge_count int32, 15 create_time Timestamp, 16 update_time Timestamp,
  17 facebook_instant_game_id string, 18 apple_id string
UserGroupList: 1 user_groups [UserGroupList.UserGroup], 2 cursor string
UserGroupList.UserGroup: 1 group Group, 2 state Int32Value
Users: 1 users [User]
ValidatePurchaseAppleRequest: 1 receipt string, 2 persist BoolValue
ValidateSubscriptionAppleRequest: 1 receipt string, 2 persist BoolValue
ValidatePurchaseGoogleRequest: 1 purchase string, 2 persist BoolValue
ValidateSubscriptionGoogleRequest: 1 receipt string, 2 persist BoolValue
ValidatePurchaseHuaweiRequest: 1 purchase string, 2 signature string, 3 persist BoolValue
ValidatePurchaseFacebookInstantRequest: 1 signed_request string, 2 persist BoolValue
ValidatePurchaseSamsungRequest: 1 purchase_id string, 2 persist BoolValue
ValidatedPurchase: 1 user_id string, 2 product_id string, 3 transaction_id string,
  4 store StoreProvider, 5 purchase_time Timestamp, 6 create_time Timestamp,
  7 update_time Timestamp, 8 refund_time Timestamp, 9 provider_response string,
  10 environment StoreEnvironment, 11 seen_before bool
ValidatePurchaseResponse: 1 validated_purchases [ValidatedPurchase]
ValidateSubscriptionResponse: 1 validated_subscription ValidatedSubscription
ValidatedSubscription: 1 user_id string, 2 product_id string, 3 original_transaction_id string,
  4 store StoreProvider, 5 purchase_time Timestamp, 6 create_time Timestamp,
  7 update_time Timestamp, 8 environment StoreEnvironment, 9 expiry_time Timestamp,
  10 refund_time Timestamp, 11 provider_response string, 12 provider_notification string,
  13 active bool
PurchaseList: 1 validated_purchases [ValidatedPurchase], 2 cursor string, 3 prev_cursor string
SubscriptionList: 1 validated_subscriptions [ValidatedSubscription], 2 cursor string,
  3 prev_cursor string
WriteLeaderboardRecordRequest: 1 leaderboard_id string,
  2 record WriteLeaderboardRecordRequest.LeaderboardRecordWrite
WriteLeaderboardRecordRequest.LeaderboardRecordWrite: 1 score int64, 2 subscore int64,
  3 metadata string, 4 operator Operator
WriteStorageObject: 1 collection string, 2 key string, 3 value string, 4 version string,
  5 permission_read Int32Value, 6 permission_write Int32Value
WriteStorageObjectsRequest: 1 objects [WriteStorageObject]
WriteTournamentRecordRequest: 1 tournament_id string,
  2 record WriteTournamentRecordRequest.TournamentRecordWrite
WriteTournamentRecordRequest.TournamentRecordWrite: 1 score int64, 2 subscore int64,
  3 metadata string, 4 operator Operator
ListPartiesRequest: 1 limit Int32Value, 2 open BoolValue, 3 query StringValue,
  4 cursor StringValue
Party: 1 party_id string, 2 open bool, 3 hidden bool, 4 max_size int32, 5 label string
PartyList: 1 parties [Party], 2 cursor string
"""

OPERATIONS = """
AddFriends: AddFriendsRequest -> Empty
AddGroupUsers: AddGroupUsersRequest -> Empty
SessionRefresh: SessionRefreshRequest -> Session
SessionLogout: SessionLogoutRequest -> Empty
AuthenticateApple: AuthenticateAppleRequest -> Session
AuthenticateCustom: AuthenticateCustomRequest -> Session
AuthenticateDevice: AuthenticateDeviceRequest -> Session
AuthenticateEmail: AuthenticateEmailRequest -> Session
AuthenticateFacebook: AuthenticateFacebookRequest -> Session
AuthenticateFacebookInstantGame: AuthenticateFacebookInstantGameRequest -> Session
AuthenticateGameCenter: AuthenticateGameCenterRequest -> Session
AuthenticateGoogle: AuthenticateGoogleRequest -> Session
AuthenticateSteam: AuthenticateSteamRequest -> Session
BanGroupUsers: BanGroupUsersRequest -> Empty
BlockFriends: BlockFriendsRequest -> Empty
CreateGroup: CreateGroupRequest -> Group
DeleteAccount: Empty -> Empty
DeleteFriends: DeleteFriendsRequest -> Empty
DeleteGroup: DeleteGroupRequest -> Empty
DeleteLeaderboardRecord: DeleteLeaderboardRecordRequest -> Empty
DeleteNotifications: DeleteNotificationsRequest -> Empty
DeleteTournamentRecord: DeleteTournamentRecordRequest -> Empty
DeleteStorageObjects: DeleteStorageObjectsRequest -> Empty
Event: Event -> Empty
GetAccount: Empty -> Account
GetUsers: GetUsersRequest -> Users
GetSubscription: GetSubscriptionRequest -> ValidatedSubscription
GetMatchmakerStats: Empty -> MatchmakerStats
Healthcheck: Empty -> Empty
ImportFacebookFriends: ImportFacebookFriendsRequest -> Empty
ImportSteamFriends: ImportSteamFriendsRequest -> Empty
JoinGroup: JoinGroupRequest -> Empty
JoinTournament: JoinTournamentRequest -> Empty
KickGroupUsers: KickGroupUsersRequest -> Empty
LeaveGroup: LeaveGroupRequest -> Empty
LinkApple: AccountApple -> Empty
LinkCustom: AccountCustom -> Empty
LinkDevice: AccountDevice -> Empty
LinkEmail: AccountEmail -> Empty
LinkFacebook: LinkFacebookRequest -> Empty
LinkFacebookInstantGame: AccountFacebookInstantGame -> Empty
LinkGameCenter: AccountGameCenter -> Empty
LinkGoogle: AccountGoogle -> Empty
LinkSteam: LinkSteamRequest -> Empty
ListChannelMessages: ListChannelMessagesRequest -> ChannelMessageList
ListFriends: ListFriendsRequest -> FriendList
ListFriendsOfFriends: ListFriendsOfFriendsRequest -> FriendsOfFriendsList
ListGroups: ListGroupsRequest -> GroupList
ListGroupUsers: ListGroupUsersRequest -> GroupUserList
ListLeaderboardRecords: ListLeaderboardRecordsRequest -> LeaderboardRecordList
ListLeaderboardRecordsAroundOwner: ListLeaderboardRecordsAroundOwnerRequest -> LeaderboardRecordList
ListMatches: ListMatchesRequest -> MatchList
ListParties: ListPartiesRequest -> PartyList
ListNotifications: ListNotificationsRequest -> NotificationList
ListStorageObjects: ListStorageObjectsRequest -> StorageObjectList
ListSubscriptions: ListSubscriptionsRequest -> SubscriptionList
ListTournaments: ListTournamentsRequest -> TournamentList
ListTournamentRecords: ListTournamentRecordsRequest -> TournamentRecordList
ListTournamentRecordsAroundOwner: ListTournamentRecordsAroundOwnerRequest -> TournamentRecordList
ListUserGroups: ListUserGroupsRequest -> UserGroupList
PromoteGroupUsers: PromoteGroupUsersRequest -> Empty
DemoteGroupUsers: DemoteGroupUsersRequest -> Empty
ReadStorageObjects: ReadStorageObjectsRequest -> StorageObjects
RpcFunc: Rpc -> Rpc
UnlinkApple: AccountApple -> Empty
UnlinkCustom: AccountCustom -> Empty
UnlinkDevice: AccountDevice -> Empty
UnlinkEmail: AccountEmail -> Empty
UnlinkFacebook: AccountFacebook -> Empty
UnlinkFacebookInstantGame: AccountFacebookInstantGame -> Empty
UnlinkGameCenter: AccountGameCenter -> Empty
UnlinkGoogle: AccountGoogle -> Empty
UnlinkSteam: AccountSteam -> Empty
UpdateAccount: UpdateAccountRequest -> Empty
UpdateGroup: UpdateGroupRequest -> Empty
ValidatePurchaseApple: ValidatePurchaseAppleRequest -> ValidatePurchaseResponse
ValidateSubscriptionApple: ValidateSubscriptionAppleRequest -> ValidateSubscriptionResponse
ValidatePurchaseGoogle: ValidatePurchaseGoogleRequest -> ValidatePurchaseResponse
ValidateSubscriptionGoogle: ValidateSubscriptionGoogleRequest -> ValidateSubscriptionResponse
ValidatePurchaseHuawei: ValidatePurchaseHuaweiRequest -> ValidatePurchaseResponse
ValidatePurchaseFacebookInstant: ValidatePurchaseFacebookInstantRequest -> ValidatePurchaseResponse
ValidatePurchaseSamsung: ValidatePurchaseSamsungRequest -> ValidatePurchaseResponse
WriteLeaderboardRecord: WriteLeaderboardRecordRequest -> LeaderboardRecord
WriteStorageObjects: WriteStorageObjectsRequest -> StorageObjectAcks
WriteTournamentRecord: WriteTournamentRecordRequest -> LeaderboardRecord
"""
