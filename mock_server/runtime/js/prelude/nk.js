// `nk`: each function asks Python.

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
nk.localcacheGet = function $nkLocalcacheGet(key, value) {
  const found = $nkCall("localcacheGet", [key]);
  return found === undefined ? value ?? undefined : found;
};
const satori = {};
for (const name of given.satori) { satori[name] = $nkFunction("satori." + name); }
nk.getSatori = function $nkGetSatori() { return satori; };
