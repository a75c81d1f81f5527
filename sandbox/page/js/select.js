/** Select menus with search, for one or several options. */

import { h, uid } from "./dom.js";
import { icon } from "./icons.js";
import { openPopup } from "./popup.js";

const SEARCH_FROM = 8;

/**
 * @typedef {{value: string, label: string, node?: () => Node|Array, description?: string, group?: string}} Option
 * @param {{options: Option[], value: string|string[]|null, multiple?: boolean, max?: number, placeholder: string,
 *   label: string, key: string, onChange: (value: string|string[]) => void}} settings
 * @returns {{node: HTMLElement, read: () => string|string[]|null}}
 */
export function createSelect(settings) {
  const { options, multiple = false, max = Infinity, onChange } = settings;
  let chosen = new Set([settings.value ?? []].flat());
  const button = h("button", {
    type: "button",
    class: "select",
    "aria-haspopup": "listbox",
    "aria-expanded": "false",
    data: { key: settings.key },
    on: { click: () => openList() },
  });
  const plain = () => (multiple ? [...chosen] : ([...chosen][0] ?? null));

  function show() {
    const picked = options.filter((option) => chosen.has(option.value));
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

  function toggle(value) {
    if (!multiple) chosen = new Set([value]);
    else if (chosen.has(value)) chosen.delete(value);
    else if (chosen.size < max) chosen.add(value);
    show();
    onChange(plain());
  }

  function openList() {
    button.setAttribute("aria-expanded", "true");
    listPopup(button, {
      options,
      isChosen: (value) => chosen.has(value),
      multiple,
      label: settings.label,
      toggle,
      onClose: () => button.setAttribute("aria-expanded", "false"),
    });
  }

  show();
  return { node: button, read: plain };
}

function listPopup(anchor, { options, isChosen, multiple, label, toggle, onClose }) {
  const list = h("div", {
    class: "options",
    role: "listbox",
    id: uid("options"),
    "aria-label": label,
    "aria-multiselectable": multiple ? "true" : null,
    tabIndex: -1,
  });
  const search =
    options.length >= SEARCH_FROM &&
    h("input", {
      type: "search",
      class: "field",
      placeholder: "Search",
      "aria-label": `Search ${label}`,
      "aria-controls": list.id,
    });
  const panel = h("div", { class: "select-panel" }, search, list);
  panel.style.minWidth = `${anchor.offsetWidth}px`;
  const popup = openPopup(anchor, panel, { onClose });
  const focusable = search || list;
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
  function pick(value) {
    toggle(value);
    if (multiple) fill();
    else popup.close();
  }
  function fill() {
    const query = search ? search.value.trim().toLowerCase() : "";
    const found = options.filter((option) => option.label.toLowerCase().includes(query));
    list.replaceChildren(
      ...(found.length > 0
        ? optionRows(found, isChosen, pick)
        : [h("p", { class: "quiet" }, "Nothing found.")]),
    );
    const start = rows().findIndex((row) => row.getAttribute("aria-selected") === "true");
    active = -1;
    activate(Math.max(0, start));
  }
  panel.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) activate(active + step);
    else if (event.key === "Enter" || (event.key === " " && !search)) rows()[active]?.click();
    else return;
    event.preventDefault();
  });
  search?.addEventListener?.("input", fill);
  fill();
  popup.place();
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
        on: { click: () => pick(option.value) },
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
