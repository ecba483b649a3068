// Errors: GoError, stacks in the form of goja, and what is told of an exception.

// The stack in goja's form. A call of `nk` is the native frame that it is in Nakama.
NativeError.stackTraceLimit = 64;
NativeError.prepareStackTrace = function $nkPrepare(error, sites) {
  let text = "";
  if (error instanceof NativeTypeError || error instanceof NativeRangeError) { $nkReword(error, sites[0]); }
  try { text = NativeString(error); } catch { text = "Error"; }
  const header = text;
  for (let i = 0; i < sites.length; i++) {
    const site = sites[i];
    let name = site.getFunctionName() ?? "";
    if (name === "GoError") { text = header; continue; }
    if (name === "$nkCall") {
      text = header;
      // Where `nk`'s function is called by one of the engine's, only that one is named.
      if (sites[i + 2]?.isNative()) { continue; }
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

// Of the engine's own functions.
const nativeErrors = {
  __proto__: null,
  "stringify: circular reference": "Converting circular structure to JSON",
  "stringify: BigInt are forbidden in JSON.stringify": "Do not know how to serialize a BigInt",
  "reduce: empty array": "No initial value",
  "reduceRight: empty array": "No initial value",
  "repeat: invalid repeat count": "Invalid count value",
  "toFixed: invalid number of digits": "toFixed() precision must be between 0 and 100",
};

// What the engine says of a TypeError or a RangeError, in goja's words.
function $nkReword(error, site) {
  if (site === undefined || typeof error.message !== "string") { return; }
  if (site.isNative()) {
    const message = nativeErrors[site.getFunctionName() + ": " + error.message];
    if (message) { defineProperty(error, "message", {value: message, writable: true, configurable: true}); }
    return;
  }
  if (error.message.startsWith("cannot set property ")) {
    const message = "Cannot convert undefined or null to object";
    defineProperty(error, "message", {value: message, writable: true, configurable: true});
    return;
  }
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
