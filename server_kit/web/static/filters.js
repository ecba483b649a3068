// The filter bar: a form whose named fields are parameters of the page's address.

import { go, onMove, place } from "./place.js";

/**
 * Tie a form to the address.
 * @param {HTMLFormElement} form Its fields' names are the parameters' names. A change closes what
 *     is open.
 */
export function bindFilters(form) {
  const fill = () => {
    const now = place();
    for (const field of named(form)) {
      const value = now[field.name] ?? "";
      if (document.activeElement !== field || !isText(field)) field.value = value;
    }
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    go({ ...place(), ...values(form), id: "" }, { replace: true });
  });
  onMove(fill);
  fill();
}

/** The fields' values by name. */
export function values(form) {
  return Object.fromEntries(named(form).map((field) => [field.name, field.value.trim()]));
}

/** Set the choices of a `<select>` whose first option means all, and keep what is chosen. */
export function setChoices(select, choices) {
  const chosen = place()[select.name] ?? select.value;
  const wanted = choices.map(([value, text]) => new Option(text, value));
  const old = [...select.options].slice(1);
  const isSame =
    old.length === wanted.length &&
    old.every((option, i) => option.value === wanted[i].value && option.text === wanted[i].text);
  if (isSame) return;
  select.replaceChildren(select.options[0], ...wanted);
  select.value = chosen;
}

/** The fields that have a name. */
export function named(form) {
  return [...form.elements].filter((field) => field.name);
}

function isText(field) {
  return field.tagName === "INPUT";
}
