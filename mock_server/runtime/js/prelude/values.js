// Values on their way to Python and back.

// What JSON cannot say is {"$": kind}, and an object with the name "$" is {"$": "o", "v": …}.
function $nkEncode(value) {
  try {
    return $nkEncodeOne(value);
  } catch (error) {
    if (!(error instanceof NativeRangeError)) { throw error; }
    encoding = [];
    try { return $nkEncodeOne(value); } finally { encoding = null; }
  }
}

// The objects around the one that is encoded, once something has shown that it contains itself.
let encoding = null;

function $nkEncodeObject(value) {
  if (encoding === null) { return $nkEncodePlain(value); }
  for (let i = 0; i < encoding.length; i++) {
    if (encoding[i] === value) { return {$: "c", v: isArray(value) ? "[]" : "map[string]"}; }
  }
  encoding[encoding.length] = value;
  const encoded = $nkEncodePlain(value);
  encoding.length--;
  return encoded;
}

function $nkEncodeOne(value) {
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
  return value === null ? null : $nkEncodeObject(value);
}

function $nkEncodePlain(value) {
  if (isArray(value)) {
    const list = new NativeArray(value.length);
    for (let i = 0; i < value.length; i++) { list[i] = $nkEncodeOne(value[i]); }
    return list;
  }
  const prototype = getPrototypeOf(value);
  if (prototype !== ObjectPrototype && prototype !== null) {
    const special = $nkEncodeSpecial(value);
    if (special !== undefined) { return special; }
  }
  const names = keys(value), object = {__proto__: null};
  for (let i = 0; i < names.length; i++) { object[names[i]] = $nkEncodeOne(value[names[i]]); }
  return hasOwn(value, "$") ? {$: "o", v: object} : object;
}

function $nkEncodeSpecial(value) {
  const name = apply(toString, value, []);
  if (isView(value)) { return name === "[object Uint8Array]" ? {$: "t", v: $nkHex(value)} : {$: "t"}; }
  switch (name) {
    case "[object ArrayBuffer]": return {$: "b", v: $nkHex(value)};
    case "[object Date]": return value.getTime() === value.getTime() ? {$: "d", v: apply(toISOString, value, [])} : null;
    case "[object RegExp]": return {};
    case "[object Promise]": return {$: "P"};
    case "[object Map]": {
      const pairs = [];
      apply(mapForEach, value, [(item, key) => { pairs.push([$nkEncodeOne(key), $nkEncodeOne(item)]); }]);
      return pairs;
    }
    case "[object Set]": {
      const items = [];
      apply(setForEach, value, [(item) => { items.push($nkEncodeOne(item)); }]);
      return items;
    }
    case "[object Number]": return $nkEncodeOne(apply(numberValue, value, []));
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
      case "f": return NativeNumber(value.v);
      case "t": return $nkTime(value.v, value.u);
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

// A time of Go's: no Date, and JSON has it as Go writes it.
function $nkTime(text, microseconds) {
  const time = {
    Unix: () => floor(microseconds / 1e6),
    UnixMilli: () => floor(microseconds / 1e3),
    UnixMicro: () => microseconds,
    UnixNano: () => microseconds * 1e3,
    String: () => text.slice(0, 10) + " " + text.slice(11, -1) + " +0000 UTC",
  };
  defineProperty(time, "toString", {value: time.String});
  return defineProperty(time, "toJSON", {value: () => text});
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
