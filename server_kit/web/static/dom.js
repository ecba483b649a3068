// Elements without markup: texts stay texts, and what is shown changes only where it differs, so
// that selected text, focus and open sections survive a live update.

const LINKS = new Set(["http:", "https:"]);

/**
 * Make an element.
 * @param {string} tag Its name.
 * @param {object} props Attributes; null, undefined and false leave one out, true sets it empty.
 *     `key` names the element among its siblings, for `show`.
 * @param {...(Node|string|number|null|undefined|false|Array)} children
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "key") node.dataset.key = value;
    else if (name === "href") setLink(node, String(value));
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...nodes(children));
  return node;
}

/** Show these children in an element, reusing the nodes that are there. */
export function show(container, ...children) {
  const next = document.createElement(container.tagName);
  next.append(...nodes(children));
  morphChildren(container, next);
}

/** The element with an id, which the page's HTML has. */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * Call a handler for events on the elements that a selector matches, now and later.
 * @param {function(Element, Event)} handler Gets the matching element.
 */
export function on(root, event, selector, handler) {
  root.addEventListener(event, (happened) => {
    const found = happened.target instanceof Element && happened.target.closest(selector);
    if (found && root.contains(found)) handler(found, happened);
  });
}

/** Whether an address may be a link: http and https only, never a script. */
export function isLink(address) {
  try {
    return LINKS.has(new URL(address, location.href).protocol);
  } catch {
    return false;
  }
}

function setLink(node, address) {
  if (!isLink(address)) return;
  node.setAttribute("href", address);
  if (new URL(address, location.href).origin !== location.origin) {
    node.setAttribute("rel", "noreferrer noopener");
    node.setAttribute("target", "_blank");
  }
}

function nodes(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}

function morphChildren(current, next) {
  const keyed = new Map();
  for (const child of current.children) if (child.dataset.key) keyed.set(child.dataset.key, child);
  let place = current.firstChild;
  for (const wanted of [...next.childNodes]) {
    const same = wanted.dataset?.key ? keyed.get(wanted.dataset.key) : unkeyed(place, wanted);
    if (!same) {
      current.insertBefore(wanted, place);
      continue;
    }
    if (same === place) place = place.nextSibling;
    else move(current, same, place);
    morph(same, wanted);
  }
  while (place) {
    const after = place.nextSibling;
    place.remove();
    place = after;
  }
}

/** Move a child; where it was, its following siblings close up. */
function move(parent, child, place) {
  if (parent.moveBefore)
    parent.moveBefore(child, place); // keeps the focus
  else parent.insertBefore(child, place);
}

function unkeyed(place, wanted) {
  if (!place || place.nodeType !== wanted.nodeType || place.dataset?.key) return null;
  return place.nodeName === wanted.nodeName ? place : null;
}

function morph(current, next) {
  if (current.nodeType === Node.TEXT_NODE) {
    if (current.data !== next.data) current.data = next.data;
    return;
  }
  for (const { name } of [...current.attributes]) {
    const isKept = name === "open" && current.tagName === "DETAILS"; // the reader's choice
    if (!next.hasAttribute(name) && !isKept) current.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (current.getAttribute(name) !== value) current.setAttribute(name, value);
  }
  morphChildren(current, next);
}
