// Match handlers.

// A context that runs a match runs no other, and keeps its state.
let matchState = null, matchContext = null;

const matchDispatcher = {};
for (const name of given.dispatcher) {
  const call = {[name](...values) {
    currentFunction = name;
    $nkThrow(host("$dispatch", stringify([name, $nkEncode(values)])));
    if (name === "matchLabelUpdate") { matchContext.matchLabel = values[0]; }
  }}[name];
  defineProperty(call, "name", {value: "$nkCall"});
  defineProperty(matchDispatcher, name, {value: call, enumerable: true});
}

// Nakama hands out the mode as it is in Go, by mistake.
function $nkMatchMode() {
  const mode = {String() { return "match"; }};
  defineProperty(mode, "toString", {value: () => "5"});
  return mode;
}

function $nkMatch(part, name, contextText, valuesText) {
  const call = $nkFind(name);
  if (!isFunction(call)) { return $nkReply("m"); }
  const context = matchContext = parse(contextText), values = $nkRevive(parse(valuesText));
  context.executionMode = $nkMatchMode();
  const first = [context, $nkLogger({}, false), nk];
  if (part === "matchInit") { return $nkReply("v", $nkMatchSetup(apply(call, null, [...first, ...values]))); }
  const [tick, ...others] = values;
  return $nkReply("v", $nkMatchStep(part, apply(call, null, [...first, matchDispatcher, tick, {...matchState}, ...others])));
}

// What goja exports as a map; not a promise, a date, a Map, an ArrayBuffer …
const isObject = (value) => value !== null && typeof value === "object" && !isArray(value) && ["[object Object]", "[object Error]"].includes(apply(toString, value, []));

function $nkMatchSetup(result) {
  if (!isObject(result)) { return {error: "matchInit is expected to return an object with 'state', 'tickRate' and 'label' properties"}; }
  if (!("tickRate" in result)) { return {error: "matchInit return value has no 'tickRate' property"}; }
  const rate = result.tickRate;
  if (!isInteger(rate) || rate < 1 || rate > 60) { return {error: "matchInit 'tickRate' must be a number between 1 and 60"}; }
  if ("label" in result && typeof result.label !== "string") { return {error: "matchInit 'label' value must be a string"}; }
  if (!("state" in result)) { return {error: "matchInit is expected to return an object with a 'state' property"}; }
  if (result.state === null || result.state === undefined) { return {error: "Match initial state must not be nil"}; }
  if (!isObject(result.state)) { return {error: "matchInit 'state' is no object: a real Nakama ends at the next callback"}; }
  matchState = $nkExported(result.state);
  return {rate, label: result.label ?? ""};
}

function $nkMatchStep(part, result) {
  const isLenient = part !== "matchTerminate" && part !== "matchSignal";
  if (isLenient && (result === null || result === undefined)) { return {ended: true}; }
  const isAttempt = part === "matchJoinAttempt";
  if (!isObject(result)) {
    return {error: `${part} is expected to return an object with 'state' ${isAttempt ? "and 'accept' properties" : "property"}`};
  }
  const told = {};
  if (isAttempt) {
    if (!("accept" in result)) { return {error: "matchJoinAttempt return value has an 'accept' property"}; }
    if (typeof result.accept !== "boolean") { return {error: "matchJoinAttempt 'accept' property must be a boolean"}; }
    told.accept = result.accept;
    if (!result.accept && "rejectMessage" in result) {
      if (typeof result.rejectMessage !== "string") { return {error: "matchJoinAttempt 'rejectMessage' property must be a string"}; }
      told.reason = result.rejectMessage;
    }
  }
  const isSignalWithout = part === "matchSignal" && !("state" in result);
  if (isSignalWithout || !isObject(result.state)) {
    const named = part === "matchLoop" && "state" in result ? "matchLeave" : part;  // as in Nakama
    return {error: `${named} is expected to return an object with 'state' ${isSignalWithout ? "" : "object "}property`};
  }
  if (part === "matchSignal" && "data" in result) {
    if (typeof result.data !== "string") { return {error: "matchSignal 'data' property must be a string"}; }
    told.data = result.data;
  }
  matchState = $nkExported(result.state);
  return told;
}

// A state goes through Go after each callback, and comes back as other objects.
function $nkExported(value) {
  if (value === undefined) { return null; }
  if (value === null || typeof value !== "object") { return value; }
  if (isArray(value)) { return value.map($nkExported); }
  switch (apply(toString, value, [])) {
    case "[object ArrayBuffer]": return value;
    case "[object Date]": return $nkGoTime(value);
    case "[object Map]": {
      const pairs = [];
      apply(mapForEach, value, [(item, key) => { pairs.push([$nkExported(key), $nkExported(item)]); }]);
      return pairs;
    }
    case "[object Set]": {
      const items = [];
      apply(setForEach, value, [(item) => { items.push($nkExported(item)); }]);
      return items;
    }
  }
  if (value[goTime]) { return value; }
  const object = {};
  for (const name of keys(value)) { object[name] = $nkExported(value[name]); }
  return object;
}

const goTime = Symbol();

function $nkGoTime(date) {
  const text = apply(toISOString, date, []).replace("T", " ").replace(/\.?0*Z$/, "") + " +0000 UTC";
  const time = {};
  defineProperty(time, goTime, {value: true});
  defineProperty(time, "toString", {value: () => text});
  return time;
}

function $nkMatchState() { return $nkReply("v", $nkEncode(matchState)); }
