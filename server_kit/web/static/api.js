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
 */
export function getJson(path, query = {}) {
  return request(address(path, query), {});
}

/** Change something: POST, PUT or DELETE with a JSON body. */
export function send(method, path, body = undefined, query = {}) {
  return request(address(path, query), {
    method,
    headers: { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}

/** A path with its query; parameters that are null, undefined or "" are left out. */
export function address(path, query) {
  const isGiven = ([, value]) => value !== null && value !== undefined && value !== "";
  const given = Object.entries(query).filter(isGiven);
  const text = new URLSearchParams(given).toString();
  return text ? `${path}?${text}` : path;
}

async function request(url, options) {
  let answer;
  try {
    answer = await fetch(url, options);
  } catch {
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
