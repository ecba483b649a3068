// Nakama reads what is registered from the text of this function: each call is a statement of its
// body, and each function one of the global names.
function InitModule(
  ctx: nkruntime.Context, logger: nkruntime.Logger, nk: nkruntime.Nakama,
  initializer: nkruntime.Initializer
): void {
  initializer.registerRpc("register_push", registerPush);
  initializer.registerRpc("push_to_segments", pushToSegments);
  initializer.registerRpc("push_by_filters", pushByFilters);
  initializer.registerRpc("push_to_users", pushToUsers);
  initializer.registerRpc("unlock_level", unlockLevel);
  logger.info("server modules loaded");
}

// Keeps bundlers from dropping a function that nobody calls.
!InitModule && (InitModule as any).bind(null);
