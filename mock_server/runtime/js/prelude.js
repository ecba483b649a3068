// What a context knows before the bundle runs: the language as goja has it, `nk`, and the one entry
// through which Python calls. Functions named `$nk…` do not show in stack traces.
(function $nkPrelude() {
"use strict";

const host = globalThis.$host;
const given = JSON.parse(globalThis.$given);
delete globalThis.$host;
delete globalThis.$given;

// The bundle may change everything; what is used below is kept from before.
const {parse, stringify} = JSON;
const {
  create, defineProperty, entries, freeze, getOwnPropertyDescriptor, getPrototypeOf, hasOwn, keys,
} = Object;
const {apply, construct, ownKeys} = Reflect;
const isArray = Array.isArray;
const isInteger = Number.isInteger;
const ObjectPrototype = Object.prototype;
const toString = ObjectPrototype.toString;
const NativeArray = Array, NativeArrayBuffer = ArrayBuffer, NativeDate = Date, NativeError = Error;
const NativeMap = Map, NativeProxy = Proxy, NativeSet = Set, NativeString = String;
const NativeSyntaxError = SyntaxError, NativeTypeError = TypeError, NativeUint8Array = Uint8Array;
const NativeFunction = Function, NativePromise = Promise, NativeRegExp = RegExp;
const NativeNumber = Number, NativeBoolean = Boolean;
const toISOString = NativeDate.prototype.toISOString;
const isView = NativeArrayBuffer.isView;
const indirectEval = eval;
const Nothing = {__proto__: null};
const mapForEach = NativeMap.prototype.forEach, setForEach = NativeSet.prototype.forEach;
const numberValue = NativeNumber.prototype.valueOf, booleanValue = NativeBoolean.prototype.valueOf;
const stringValue = NativeString.prototype.valueOf;

let currentFunction = "";
let thrown = {value: undefined, stack: ""};

// ---- errors --------------------------------------------------------------------------------------

// The stack in goja's form. A call of `nk` is the native frame that it is in Nakama.
NativeError.stackTraceLimit = 64;
NativeError.prepareStackTrace = function $nkPrepare(error, sites) {
  let text = "";
  if (error instanceof NativeTypeError) { $nkReword(error, sites[0]); }
  try { text = NativeString(error); } catch { text = "Error"; }
  const header = text;
  for (let i = 0; i < sites.length; i++) {
    const site = sites[i];
    let name = site.getFunctionName() ?? "";
    if (name === "GoError") { text = header; continue; }
    if (name === "$nkCall") {
      text = header;
      // Where `nk`'s function is called by one of the engine's, a GoError names only that one.
      if (error instanceof GoError && sites[i + 2]?.isNative()) { continue; }
      text += "\n\tat " + given.native + currentFunction + ".func1 (native)";
      continue;
    }
    if (name === "$nkParse") { text = header + "\n\tat parse (native)"; i++; continue; }
    if (name === "$nkRegister") { text = header + "\n\tat <native> (native)"; continue; }
    if (name === "apply" && sites[i + 1]?.getFunctionName()?.startsWith("$nkI")) { break; }
    if (name.startsWith("$nk")) { continue; }
    if (site.isNative()) { text += "\n\tat " + name + " (native)"; continue; }
    const file = name === "anonymous" ? "<eval>" : given.file;
    const place = file + ":" + site.getLineNumber() + ":" + site.getColumnNumber() + "(0)";
    if (name === "<eval>" || name === "<anonymous>") { name = ""; }
    text += name ? "\n\tat " + name + " (" + place + ")" : "\n\tat " + place;
  }
  return text + "\n";
};

// What the engine says of a TypeError, in goja's words.
function $nkReword(error, site) {
  if (site === undefined || site.isNative() || typeof error.message !== "string") { return; }
  if (error.message !== "not a function" && !error.message.startsWith("cannot read property ")) { return; }
  const isBundle = site.getFunctionName() !== "anonymous";
  const place = isBundle ? [site.getLineNumber(), site.getColumnNumber()] : [0, 0];
  const message = host("$reword", stringify([error.message, ...place]));
  defineProperty(error, "message", {value: message, writable: true, configurable: true});
}

function GoError(message) {
  const error = construct(NativeError, message === undefined ? [] : [message], new.target ?? GoError);
  defineProperty(error, "value", {value: {}, enumerable: true, writable: true, configurable: true});
  return error;
}
GoError.prototype = create(NativeError.prototype, {
  constructor: {value: GoError, writable: true, configurable: true},
  name: {value: "GoError", writable: true, configurable: true},
});
defineProperty(globalThis, "GoError", {value: GoError, writable: true, configurable: true});

// `throw x` of the bundle is `throw $nkThrown(x)`: what is no Error has no stack of its own.
defineProperty(globalThis, "$nkThrown", {value: function $nkThrown(value) {
  if (!(value instanceof NativeError)) { thrown = {value, stack: new NativeError().stack}; }
  return value;
}});

function $nkText(value) {
  try { return NativeString(value); } catch { return "[object Object]"; }
}

function $nkDescribe(error) {
  const told = {text: $nkText(error), stack: ""};
  if (error instanceof NativeError) {
    told.stack = typeof error.stack === "string" ? error.stack : "";
  } else if (thrown.value === error) {
    told.stack = thrown.stack;
  }
  if (error !== null && typeof error === "object" && !isArray(error)) {
    const message = $nkOwn(error, "message"), code = $nkOwn(error, "code");
    if (typeof message === "string") { told.message = message; }
    if (isInteger(code)) { told.code = code; }
    told.isError = error instanceof NativeError;
  }
  return told;
}

function $nkOwn(object, name) {
  try {
    const property = getOwnPropertyDescriptor(object, name);
    return property && property.enumerable ? object[name] : undefined;
  } catch { return undefined; }
}

// ---- values ---------------------------------------------------------------------------------------

// What JSON cannot say is {"$": kind}, and an object with the name "$" is {"$": "o", "v": …}.
function $nkEncode(value) {
  switch (typeof value) {
    case "string": case "boolean": return value;
    case "number":
      if (value !== value || value === Infinity || value === -Infinity) { return {$: "f", v: "" + value}; }
      return value === 0 && 1 / value < 0 ? {$: "f", v: "-0"} : value;
    case "undefined": return {$: "u"};
    case "function": return {$: "F"};
    case "bigint": return {$: "n", v: "" + value};
    case "symbol": return {$: "y"};
  }
  if (value === null) { return null; }
  if (isArray(value)) {
    const list = new NativeArray(value.length);
    for (let i = 0; i < value.length; i++) { list[i] = $nkEncode(value[i]); }
    return list;
  }
  const prototype = getPrototypeOf(value);
  if (prototype !== ObjectPrototype && prototype !== null) {
    const special = $nkEncodeSpecial(value);
    if (special !== undefined) { return special; }
  }
  const names = keys(value), object = {__proto__: null};
  for (let i = 0; i < names.length; i++) { object[names[i]] = $nkEncode(value[names[i]]); }
  return hasOwn(value, "$") ? {$: "o", v: object} : object;
}

function $nkEncodeSpecial(value) {
  if (isView(value)) { return {$: "t"}; }
  switch (apply(toString, value, [])) {
    case "[object ArrayBuffer]": return {$: "b", v: $nkHex(value)};
    case "[object Date]": return value.getTime() === value.getTime() ? {$: "d", v: apply(toISOString, value, [])} : null;
    case "[object RegExp]": return {};
    case "[object Promise]": return {$: "P"};
    case "[object Map]": {
      const pairs = [];
      apply(mapForEach, value, [(item, key) => { pairs.push([$nkEncode(key), $nkEncode(item)]); }]);
      return pairs;
    }
    case "[object Set]": {
      const items = [];
      apply(setForEach, value, [(item) => { items.push($nkEncode(item)); }]);
      return items;
    }
    case "[object Number]": return $nkEncode(apply(numberValue, value, []));
    case "[object Boolean]": return apply(booleanValue, value, []);
    case "[object String]": return {$: "S", v: apply(stringValue, value, [])};
  }
  return undefined;
}

const hexDigits = [];
for (let i = 0; i < 256; i++) { hexDigits.push((i < 16 ? "0" : "") + i.toString(16)); }

function $nkHex(buffer) {
  const bytes = new NativeUint8Array(buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i++) { text += hexDigits[bytes[i]]; }
  return text;
}

function $nkBuffer(hex) {
  const bytes = new NativeUint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) { bytes[i] = parseByte("0x" + hex[2 * i] + hex[2 * i + 1]); }
  return bytes.buffer;
}
const parseByte = NativeNumber;

// Values that a host function returns: a letter, and JSON text.
function $nkDecode(text) {
  switch (text[0]) {
    case "u": return undefined;
    case "v": return parse(text.slice(1));
    case "b": return $nkBuffer(text.slice(1));
    case "w": return $nkRevive(parse(text.slice(1)));
  }
  return undefined;
}

function $nkRevive(value) {
  if (value === null || typeof value !== "object") { return value; }
  if (hasOwn(value, "$")) {
    switch (value.$) {
      case "b": return $nkBuffer(value.v);
      case "u": return undefined;
      case "d": return new NativeDate(value.v);
      case "p": return $nkMessage(value.v, value.m);
      case "o": value = value.v;
    }
  }
  const names = keys(value);
  for (let i = 0; i < names.length; i++) { value[names[i]] = $nkRevive(value[names[i]]); }
  return value;
}

// A protobuf message that Nakama hands out as it is in Go, by mistake.
function $nkMessage(fields, methods) {
  const message = {...fields};
  for (const name of methods) {
    message[name] = function () { return name === "String" ? stringify(fields) : undefined; };
  }
  for (const name of keys(fields)) { message["Get" + name] = function () { return fields[name]; }; }
  return message;
}

// Arrays of a request are Go's slices by value: each look at one is a fresh view of what is behind.
function $nkSliced(value) {
  if (value === null || typeof value !== "object") { return value; }
  if (isArray(value)) { return value.map($nkSliced); }
  if (getPrototypeOf(value) !== ObjectPrototype) { return value; }
  const object = {};
  for (const [name, item] of entries(value)) {
    if (isArray(item)) { $nkDefineSlice(object, name, item.map($nkSliced)); } else { object[name] = $nkSliced(item); }
  }
  return object;
}

function $nkDefineSlice(object, name, behind) {
  defineProperty(object, name, {
    enumerable: true, configurable: true,
    get: () => $nkView(behind),
    set: (value) => { defineProperty(object, name, {value, enumerable: true, configurable: true, writable: true}); },
  });
}

function $nkView(behind) {
  const index = (key) => (typeof key === "string" && NativeNumber(key) < behind.length ? NativeNumber(key) : -1);
  return new NativeProxy(behind.slice(), {
    set(view, key, value) {
      view[key] = value;
      if (key !== "length" && index(key) >= 0) { behind[index(key)] = value; }
      return true;
    },
    defineProperty(view, key, descriptor) {
      if (key !== "length" && index(key) >= 0) { behind[index(key)] = descriptor.value; }
      return defineProperty(view, key, descriptor) === view;
    },
    deleteProperty(view, key) {
      if (index(key) >= 0) { behind[index(key)] = null; }
      return delete view[key];
    },
  });
}

// ---- nk ---------------------------------------------------------------------------------------------

function $nkThrow(text) {
  switch (text[0]) {
    case "T": throw new NativeTypeError(text.slice(1));
    case "G": throw new GoError(text.slice(1));
    case "S": throw new NativeSyntaxError(text.slice(1));
  }
}

function $nkCall(name, values) {
  currentFunction = name;
  const answer = host(name, stringify($nkEncode(values)));
  $nkThrow(answer);
  return $nkDecode(answer);
}

function $nkFunction(name) {
  const call = {[name](...values) { return $nkCall(name, values); }}[name];
  defineProperty(call, "name", {value: "$nk" + name});
  return call;
}

function $nkRetry(keys, update, retries) {
  if (!$nkCall("storageWriteRetry", [keys, update, retries])) { return []; }
  for (let left = retries ?? 0; ; left--) {
    const objects = $nkCall("storageRead", [keys]);
    let writes;
    try {
      writes = update(objects);
    } catch (error) {
      throw new GoError("failed to update storage objects: " + $nkText(error));
    }
    currentFunction = "storageWriteRetry";
    const answer = host("$retry", stringify($nkEncode([writes, left > 0])));
    if (answer === "r") { continue; }
    $nkThrow(answer);
    return $nkDecode(answer);
  }
}

const nk = {};
for (const name of given.functions) { nk[name] = $nkFunction(name); }
nk.storageWriteRetry = function $nkStorageWriteRetry(keys, update, retries) { return $nkRetry(keys, update, retries); };
nk.getSatori = function $nkGetSatori() {
  const satori = {};
  for (const name of given.satori) { satori[name] = $nkFunction("satori." + name); }
  return satori;
};

// ---- logger -----------------------------------------------------------------------------------------

function $nkLogger(fields, isShared) {
  const logger = {fields};
  const write = (level) => function (...values) {
    if (typeof values[0] !== "string") { throw new NativeTypeError("invalid format argument: must be a string"); }
    host("$log", stringify($nkEncode([level, values[0], values.slice(1), fields])));
  };
  for (const level of ["info", "warn", "error", "debug"]) { logger[level] = write(level); }
  const withAll = (more) => {
    const all = isShared ? fields : {...fields};
    for (const name of keys(more)) { all[name] = more[name]; }
    return $nkLogger(all, true);
  };
  logger.withField = function (key, value) {
    if (typeof key !== "string") { throw new NativeTypeError("key argument must be a string"); }
    if (typeof value !== "string") { throw new NativeTypeError("value argument must be a string"); }
    return withAll({[key]: value});
  };
  logger.withFields = function (more) {
    if (more === null || typeof more !== "object" || isArray(more)) { throw new NativeTypeError("argument must be a map"); }
    return withAll(more);
  };
  logger.getFields = function () { return fields; };
  for (const name of keys(logger)) { defineProperty(logger, name, {writable: false, configurable: false}); }
  return logger;
}

// ---- the initializer ----------------------------------------------------------------------------------

const isFunction = (value) => typeof value === "function";

function $nkRegister(name, values) {
  if (given.named.includes(name)) {
    if (typeof values[0] !== "string" || values[0] === "") { throw new NativeTypeError("expects a non empty string"); }
    if (!isFunction(values[1])) { throw new NativeTypeError("expects a function"); }
    $nkAnnounce(name, values[0]);
  } else if (name === "registerMatch") {
    $nkRegisterMatch(values[0], values[1]);
  } else if (name === "registerStorageIndex") {
    $nkRegistered(host("$index", stringify($nkEncode(values))));
  } else {
    if (!isFunction(values[0])) { throw new NativeTypeError("expects a function"); }
    $nkAnnounce(name, "");
  }
}

function $nkAnnounce(name, id, part) {
  const key = $nkRegistered(host("$register", stringify([name, id, part ?? "", $nkTexts()])));
  const isFound = given.unscoped.includes(name) || key in globalThis;
  if (!isFound) { throw new GoError(`function "${key}" not registered in the global object scope`); }
}

function $nkRegistered(answer) {
  $nkThrow(answer);
  return answer.slice(1);
}

function $nkRegisterMatch(name, handlers) {
  if (typeof name !== "string") { throw new NativeTypeError("expects string"); }
  if (handlers === null || typeof handlers !== "object" || isArray(handlers)) { throw new NativeTypeError("expects an object"); }
  for (const part of given.match) {
    if (!(part in handlers)) { throw new NativeTypeError(part + " not found"); }
    if (!isFunction(handlers[part])) { throw new NativeTypeError(part + " value not a valid function"); }
    $nkAnnounce("registerMatch", name, part);
  }
}

// The texts of global variables that are ids of registrations.
function $nkTexts() {
  const texts = {};
  for (const name of given.identifiers) {
    try { texts[name] = NativeString(indirectEval(name)); } catch { texts[name] = null; }
  }
  return texts;
}

function $nkInitializer() {
  const initializer = {getConfig() { return parse(stringify(given.config)); }};
  for (const name of given.registrations) {
    const call = {[name](...values) { return $nkRegister(name, values); }}[name];
    defineProperty(call, "name", {value: "$nk" + name});
    initializer[name] = call;
  }
  return initializer;
}

// ---- calls ----------------------------------------------------------------------------------------------

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

// ---- matches ---------------------------------------------------------------------------------------------

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

const isObject = (value) => value !== null && typeof value === "object" && !isArray(value);

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
  if (!isObject(result.state)) { return {error: `${part} is expected to return an object with 'state' object property`}; }
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

function $nkFreeze() {
  try {
    for (const name of keys(globalThis)) {
      const value = globalThis[name];
      if (value) {
        freeze(value);
        value.prototype && freeze(value.prototype);
        value.__proto__ && freeze(value.__proto__);
      }
    }
  } catch { /* Nakama does not look at what went wrong here, and leaves the rest as it is */ }
  return $nkReply("n");
}

const operations = {__proto__: null, init: $nkInit, invoke: $nkInvoke, freeze: $nkFreeze, match: $nkMatch, state: $nkMatchState};

const $nkEnter = function $nkEnter(operation, ...values) {
  try {
    return apply(operations[operation], null, values);
  } catch (error) {
    return $nkReply("e", $nkDescribe(error));
  }
};

// ---- the language ------------------------------------------------------------------------------------------

// JSON.parse tells what is wrong in Go's words.
function $nkParse(text, reviver) {
  try {
    return parse(text, reviver);
  } catch (error) {
    if (!(error instanceof NativeSyntaxError)) { throw error; }
    throw new NativeSyntaxError(host("$json", stringify($nkText(text))));
  }
}
JSON.parse = function (text, reviver) { return $nkParse(text, reviver); };
defineProperty(JSON.parse, "name", {value: "parse"});
defineProperty(JSON, "parse", {enumerable: false});

// The constructors of functions take what goja takes.
function $nkConstructor(native) {
  const wrapped = {[native.name]: function (...values) {
    const answer = host("$syntax", stringify([native.name, values.map($nkText)]));
    if (answer[0] === "S") { throw new NativeSyntaxError(answer.slice(1)); }
    return construct(native, parse(answer.slice(1)), new.target ?? native);
  }}[native.name];
  defineProperty(wrapped, "prototype", {value: native.prototype, writable: false, enumerable: false, configurable: false});
  defineProperty(wrapped, "name", {value: "$nkConstructor"});
  defineProperty(wrapped, "length", {value: 1});
  defineProperty(native.prototype, "constructor", {value: wrapped, writable: true, configurable: true});
  return wrapped;
}

const WrappedFunction = $nkConstructor(NativeFunction);
defineProperty(globalThis, "Function", {value: WrappedFunction, writable: true, configurable: true});
$nkConstructor(getPrototypeOf(function* () {}).constructor);
$nkConstructor(getPrototypeOf(async function () {}).constructor);

// Well-known symbols can't be deleted, so `Symbol` is another one, without them.
const NativeSymbol = Symbol;
const WrappedSymbol = function Symbol(...values) {
  if (new.target) { throw new NativeTypeError("Symbol is not a constructor"); }
  return NativeSymbol(...values);
};
for (const name of ownKeys(NativeSymbol)) {
  const property = getOwnPropertyDescriptor(NativeSymbol, name);
  if (!given.absentMembers.Symbol.includes(name)) { defineProperty(WrappedSymbol, name, property); }
}
defineProperty(NativeSymbol.prototype, "constructor", {value: WrappedSymbol, writable: true, configurable: true});
defineProperty(globalThis, "Symbol", {value: WrappedSymbol, writable: true, configurable: true});

const IteratorPrototype = getPrototypeOf(getPrototypeOf([][Symbol.iterator]()));
for (const name of ownKeys(IteratorPrototype)) {
  if (typeof name === "string") { delete IteratorPrototype[name]; }
}
for (const [path, names] of entries(given.absentMembers)) {
  let owner = globalThis;
  for (const name of path.split(".")) { owner = owner?.[name]; }
  for (const name of owner ? names : []) { delete owner[name]; }
}
for (const name of given.absentGlobals) { delete globalThis[name]; }
defineProperty($nkEnter, "name", {value: "$nkEnter"});
return $nkEnter;
})()
