// Calls of what the bundle has registered.

const found = {__proto__: null};

function $nkFind(name) {
  const get = found[name] ??= indirectEval(
    `(function $nkGet() { try { return ${name}; } catch { return undefined; } })`
  );
  return get();
}

// Joined texts can be ropes, which do not reach Python; what `stringify` makes is none.
function $nkReply(kind, value) { return stringify([kind, value]); }

function $nkInit(context) {
  if (!isFunction(globalThis.InitModule) && !isFunction($nkFind("InitModule"))) { return $nkReply("m"); }
  const init = $nkFind("InitModule");
  apply(init, null, [parse(context), $nkLogger({}, false), nk, $nkInitializer()]);
  return $nkReply("n");
}

function $nkInvoke(mode, name, contextText, valuesText) {
  const call = $nkFind(name);
  if (!isFunction(call)) { return $nkReply("m"); }
  const context = parse(contextText), values = parse(valuesText), environment = stringify(context.env);
  const given = mode === "rpc" ? values : values.map($nkRevive).map($nkSliced);
  let result;
  try {
    result = apply(call, null, [context, $nkLogger({}, false), nk, ...given]);
  } finally {
    const changed = stringify(context.env);
    if (changed !== environment && changed !== undefined) { host("$env", changed); }
  }
  if (typeof result === "string") { return $nkReply("s", result); }
  return result === undefined || result === null ? $nkReply("n") : $nkReply("v", $nkEncode(result));
}
