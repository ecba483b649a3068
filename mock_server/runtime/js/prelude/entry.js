// The one entry through which Python calls.

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
