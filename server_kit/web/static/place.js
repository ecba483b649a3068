// Where the page is: its address holds the view, the filters and what is open, so that a link
// leads back to it.

const moved = new Set();

/** The parameters of the address. */
export function place() {
  return Object.fromEntries(new URLSearchParams(location.search));
}

/** An address of this page with these parameters; empty ones are left out. */
export function placeOf(params) {
  const given = Object.entries(params).filter(([, value]) => value !== null && value !== undefined);
  const text = new URLSearchParams(given.filter(([, value]) => value !== "")).toString();
  return text ? `?${text}` : location.pathname;
}

/** Go there. `replace` leaves no step to go back to, as for each letter of a search. */
export function go(params, { replace = false } = {}) {
  const address = placeOf(params);
  if (replace) history.replaceState(null, "", address);
  else if (address !== (location.search || location.pathname)) history.pushState(null, "", address);
  for (const handler of moved) handler();
}

/** Call a function after each move, also by the browser's back button. */
export function onMove(handler) {
  moved.add(handler);
}

addEventListener("popstate", () => {
  for (const handler of moved) handler();
});

// Links of this page move within it.
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (!link || link.target || event.button !== 0 || !plain) return;
  const to = new URL(link.href);
  if (to.origin !== location.origin || to.pathname !== location.pathname || to.hash) return;
  event.preventDefault();
  go(Object.fromEntries(to.searchParams));
});
