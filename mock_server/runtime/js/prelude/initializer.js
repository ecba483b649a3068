// The initializer, whose functions Python looks up in the source of InitModule.

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
