// In-app notifications: https://heroiclabs.com/docs/nakama/concepts/notifications/
const LEVEL_UNLOCKED = 101;

function unlockLevel(
  ctx: nkruntime.Context, logger: nkruntime.Logger, nk: nkruntime.Nakama, payload: string
): string {
  const receiverId: string = JSON.parse(payload).receiverId;
  if (!receiverId) {
    throw { message: "receiverId is missing", code: 3 };
  }
  const subject = "You've unlocked level 100!";
  const content = { rewardCoins: 1000 };
  const senderId = ctx.userId; // who the message is from
  const persistent = true;
  nk.notificationSend(receiverId, subject, content, LEVEL_UNLOCKED, senderId, persistent);
  return JSON.stringify({ success: true });
}
