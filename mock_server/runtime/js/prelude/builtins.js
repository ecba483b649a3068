// Built-in objects that goja has, but otherwise.

const NativeRegExp = RegExp;
const {getMonth, getDate, getFullYear, getHours, getMinutes, getSeconds, getTime, getTimezoneOffset, toDateString} = NativeDate.prototype;
const padStart = NativeString.prototype.padStart;
const includes = NativeString.prototype.includes;

// A regular expression whose flags goja knows.
function $nkRegExp(pattern, flags, target) {
  const text = flags === undefined ? "" : NativeString(flags);
  if (apply(includes, text, ["d"]) || apply(includes, text, ["v"])) {
    throw new NativeSyntaxError(`Invalid flags supplied to RegExp constructor '${text}'`);
  }
  if (target === undefined && flags === undefined && toString.call(pattern) === "[object RegExp]" && pattern.constructor === WrappedRegExp) {
    return pattern;
  }
  return construct(NativeRegExp, [pattern, flags], target ?? NativeRegExp);
}
const WrappedRegExp = function RegExp(pattern, flags) { return $nkRegExp(pattern, flags, new.target); };
for (const name of ownKeys(NativeRegExp)) {
  if (name !== "length" && name !== "name") { defineProperty(WrappedRegExp, name, getOwnPropertyDescriptor(NativeRegExp, name)); }
}
defineProperty(NativeRegExp.prototype, "constructor", {value: WrappedRegExp, writable: true, configurable: true});
defineProperty(globalThis, "RegExp", {value: WrappedRegExp, writable: true, configurable: true});

// Dates as texts: always the same form, whatever the locale.
const two = (number) => apply(padStart, NativeString(number), [2, "0"]);
const dayOf = (date) => `${two(apply(getMonth, date, []) + 1)}/${two(apply(getDate, date, []))}/${apply(padStart, NativeString(apply(getFullYear, date, [])), [4, "0"])}`;
const timeOf = (date) => `${two(apply(getHours, date, []))}:${two(apply(getMinutes, date, []))}:${two(apply(getSeconds, date, []))}`;

function zoneOf(date) {
  const west = apply(getTimezoneOffset, date, []), far = west < 0 ? -west : west;
  const name = west === given.zone.west ? given.zone.names[0] : given.zone.names[1];
  return `GMT${west > 0 ? "-" : "+"}${two(floor(far / 60))}${two(far % 60)} (${name})`;
}

const DATE_TEXTS = {
  toString: (date) => `${apply(toDateString, date, [])} ${timeOf(date)} ${zoneOf(date)}`,
  toTimeString: (date) => `${timeOf(date)} ${zoneOf(date)}`,
  toLocaleString: (date) => `${dayOf(date)}, ${timeOf(date)}`,
  toLocaleDateString: dayOf,
  toLocaleTimeString: timeOf,
};
for (const [name, textOf] of entries(DATE_TEXTS)) {
  const method = {[name]() {
    const time = apply(getTime, this, []);
    return time === time ? textOf(this) : "Invalid Date";
  }}[name];
  defineProperty(NativeDate.prototype, name, {value: method, writable: true, configurable: true});
}
