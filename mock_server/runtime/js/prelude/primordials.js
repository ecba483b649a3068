// What is used of the language, kept from before the bundle runs, which may change everything.

const host = globalThis.$host;
const given = JSON.parse(globalThis.$given);
delete globalThis.$host;
delete globalThis.$given;

const {parse, stringify} = JSON;
const {
  create, defineProperty, entries, freeze, getOwnPropertyDescriptor, getPrototypeOf, hasOwn, keys,
} = Object;
const {apply, construct, ownKeys} = Reflect;
const isArray = Array.isArray;
const floor = Math.floor;
const isInteger = Number.isInteger;
const ObjectPrototype = Object.prototype;
const toString = ObjectPrototype.toString;
const NativeArray = Array, NativeArrayBuffer = ArrayBuffer, NativeDate = Date, NativeError = Error;
const NativeMap = Map, NativeProxy = Proxy, NativeSet = Set, NativeString = String;
const NativeRangeError = RangeError;
const NativeSyntaxError = SyntaxError, NativeTypeError = TypeError, NativeUint8Array = Uint8Array;
const NativeFunction = Function;
const NativeNumber = Number, NativeBoolean = Boolean;
const toISOString = NativeDate.prototype.toISOString;
const isView = NativeArrayBuffer.isView;
const indirectEval = eval;
const mapForEach = NativeMap.prototype.forEach, setForEach = NativeSet.prototype.forEach;
const numberValue = NativeNumber.prototype.valueOf, booleanValue = NativeBoolean.prototype.valueOf;
const stringValue = NativeString.prototype.valueOf;

let currentFunction = "";
let thrown = {value: undefined, stack: ""};
