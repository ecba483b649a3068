// The language as goja has it: what is too much is taken away.

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

// So does `eval(x)`, which is `eval($nkCode((x)))`.
defineProperty(globalThis, "$nkCode", {value: function $nkCode(code) {
  if (typeof code !== "string") { return code; }
  const answer = host("$eval", stringify(code));
  if (answer[0] === "S") { throw new NativeSyntaxError(answer.slice(1)); }
  return parse(answer.slice(1));
}});

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
