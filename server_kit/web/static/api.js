// The server's JSON.

/** The server refused, or could not be reached (`status` 0). */
export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/**
 * Ask for JSON.
 * @param {object} query Parameters; empty ones are left out.
 * @param {AbortSignal} [signal]
 */
export function getJson(path, query = {}, signal = undefined) {
  return request(address(path, query), { signal });
}

/** Change something: POST, PUT or DELETE with a JSON body. */
export function send(method, path, body = undefined, query = {}) {
  return request(address(path, query), {
    method,
    headers: { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}

/** A path with its query; parameters that are null or "" are left out. */
export function address(path, query) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== "");
  const text = new URLSearchParams(given).toString();
  return text ? `${path}?${text}` : path;
}

/** Calls of which only the newest counts: an earlier one that is still under way is given up. */
export function newest() {
  let under = null;
  return async (act) => {
    under?.abort();
    const mine = (under = new AbortController());
    try {
      return await act(mine.signal);
    } catch (error) {
      if (mine.signal.aborted) return undefined;
      throw error;
    }
  };
}

async function request(url, options) {
  let answer;
  try {
    answer = await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("The server cannot be reached.", 0);
  }
  const text = await answer.text();
  let body = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    throw new ApiError(`${answer.status}: the answer is no JSON`, answer.status);
  }
  if (!answer.ok) {
    const message = body?.error ?? body?.errors?.join("; ") ?? body?.message ?? answer.statusText;
    throw new ApiError(message, answer.status);
  }
  return body;
}
