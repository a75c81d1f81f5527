/** Select menus with search, for one or several options; their options are at hand or asked for while one types. */

import { h, uid } from "./dom.js";
import { icon } from "./icons.js";
import { openPopup } from "./popup.js";

const SEARCH_FROM = 8;
const ASK_AFTER_MS = 180;

/**
 * @typedef {{value: string, label: string, node?: () => Node|Array, description?: string, group?: string}} Option
 * @typedef {Object} SelectSettings
 * @property {Option[]} options those at hand; for a select that asks, the ones chosen at the start
 * @property {(query: string) => Promise<{options?: Option[], problem?: string}>} [ask] where the options come from
 * @property {number} [askFrom] how many letters it takes to ask
 * @property {string|string[]|null} value
 * @property {boolean} [multiple]
 * @property {number} [max]
 * @property {string} placeholder
 * @property {string} label
 * @property {string} key
 * @property {(value: string|string[]) => void} onChange
 */

/**
 * @param {SelectSettings} settings
 * @returns {{node: HTMLElement, read: () => string|string[]|null}}
 */
export function createSelect(settings) {
  const { multiple = false, max = Infinity, onChange } = settings;
  const known = new Map(settings.options.map((option) => [option.value, option]));
  let chosen = new Set([settings.value ?? []].flat());
  const button = h("button", {
    type: "button",
    class: "select",
    "aria-haspopup": "listbox",
    "aria-expanded": "false",
    data: { key: settings.key },
    on: { click: openList },
  });
  const plain = () => (multiple ? [...chosen] : ([...chosen][0] ?? null));
  const optionOf = (value) => known.get(value) ?? { value, label: value };

  function show() {
    const picked = [...chosen].map(optionOf);
    const text = picked.map((option) =>
      h("span", { class: multiple ? "chip" : "select-value" }, option.node?.() ?? option.label),
    );
    button.replaceChildren(
      h(
        "span",
        { class: "select-text" },
        picked.length > 0 ? text : h("span", { class: "placeholder" }, settings.placeholder),
      ),
      icon("chevron"),
    );
    button.setAttribute(
      "aria-label",
      `${settings.label}: ${picked.map((option) => option.label).join(", ") || settings.placeholder}`,
    );
  }

  function toggle(option) {
    known.set(option.value, option);
    if (!multiple) chosen = new Set([option.value]);
    else if (chosen.has(option.value)) chosen.delete(option.value);
    else if (chosen.size < max) chosen.add(option.value);
    show();
    onChange(plain());
  }

  function openList() {
    button.setAttribute("aria-expanded", "true");
    listPopup(button, settings, {
      isChosen: (value) => chosen.has(value),
      toggle,
      onClose: () => button.setAttribute("aria-expanded", "false"),
    });
  }

  show();
  return { node: button, read: plain };
}

/** @returns {(query: string) => Promise<{options?: Option[], problem?: string, hint?: string}>} */
function finder({ options, ask, askFrom = 3 }) {
  if (!ask) {
    return async (query) => ({
      options: options.filter((option) => option.label.toLowerCase().includes(query.toLowerCase())),
    });
  }
  let asked = 0;
  return async (query) => {
    const mine = (asked += 1);
    if (query.length < askFrom)
      return { options: [], hint: askFrom > 1 ? `Type ${askFrom} letters or more.` : "Type to search." };
    if (query !== "") await new Promise((resolve) => setTimeout(resolve, ASK_AFTER_MS));
    const answer = mine === asked ? await ask(query) : null;
    return mine === asked ? answer : null;
  };
}

function listPopup(anchor, settings, { isChosen, toggle, onClose }) {
  const { options, ask, multiple, label } = settings;
  const list = h("div", {
    class: "options",
    role: "listbox",
    id: uid("options"),
    "aria-label": label,
    "aria-multiselectable": multiple ? "true" : null,
    tabIndex: -1,
  });
  const search =
    (ask || options.length >= SEARCH_FROM) &&
    h("input", {
      type: "search",
      class: "field",
      placeholder: "Search",
      "aria-label": `Search ${label}`,
      "aria-controls": list.id,
    });
  const panel = h(
    "div",
    { class: "select-panel" },
    search && h("div", { class: "select-search" }, search),
    list,
  );
  panel.style.minWidth = `${anchor.offsetWidth}px`;
  const popup = openPopup(anchor, panel, { onClose });
  const focusable = search || list;
  const find = finder(settings);
  let active = -1;

  const rows = () => [...list.querySelectorAll('[role="option"]')];
  function activate(index) {
    const all = rows();
    if (all.length === 0) return;
    all[active]?.classList.remove("active");
    active = (index + all.length) % all.length;
    all[active].classList.add("active");
    all[active].scrollIntoView({ block: "nearest" });
    focusable.setAttribute("aria-activedescendant", all[active].id);
  }
  function pick(option) {
    toggle(option);
    if (multiple) fill();
    else popup.close();
  }
  async function fill() {
    const at = active;
    const found = await find(search ? search.value.trim() : "");
    if (!found) return;
    const { options: offered = [], problem, hint } = found;
    list.replaceChildren(
      ...(offered.length > 0
        ? optionRows(offered, isChosen, pick)
        : [h("p", { class: "quiet", role: "status" }, problem ?? hint ?? "Nothing found.")]),
    );
    const chosen = rows().findIndex((row) => row.getAttribute("aria-selected") === "true");
    active = -1;
    activate(multiple && at >= 0 ? Math.min(at, rows().length - 1) : Math.max(0, chosen));
    popup.place();
  }
  panel.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) activate(active + step);
    else if (event.key === "Enter" || (event.key === " " && !search)) rows()[active]?.click();
    else return;
    event.preventDefault();
  });
  panel.addEventListener("pointerover", (event) => {
    const row = event.target.closest('[role="option"]');
    if (row) activate(rows().indexOf(row));
  });
  if (search) search.addEventListener("input", fill);
  fill();
  focusable.focus();
}

function optionRows(options, isChosen, pick) {
  let group;
  return options.flatMap((option) => {
    const heading =
      option.group !== group && option.group && h("div", { class: "menu-heading" }, option.group);
    group = option.group;
    const row = h(
      "div",
      {
        class: "option",
        role: "option",
        id: uid("option"),
        "aria-selected": String(isChosen(option.value)),
        on: { click: () => pick(option) },
      },
      h(
        "span",
        { class: "option-text" },
        option.node?.() ?? option.label,
        option.description && h("small", {}, option.description),
      ),
      isChosen(option.value) && icon("check"),
    );
    return heading ? [heading, row] : [row];
  });
}
