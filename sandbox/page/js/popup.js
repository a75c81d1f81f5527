/** Small panels beside a control: menus, pickers, completion lists. */

import { h } from "./dom.js";

const GAP = 6;

/**
 * Open `panel` beside `anchor`; it closes on Escape, on a click elsewhere, or by `close()`.
 * @param {Element} anchor
 * @param {HTMLElement} panel
 * @param {{side?: "below"|"above", align?: "start"|"end", onClose?: () => void}} [options]
 * @returns {{close: () => void, place: () => void}}
 */
export function openPopup(anchor, panel, { side = "below", align = "start", onClose } = {}) {
  panel.setAttribute("popover", "auto");
  panel.classList.add("popup");
  (anchor.closest("dialog") ?? document.body).append(panel);
  panel.showPopover();
  const place = () => putBeside(anchor, panel, side, align);
  place();
  panel.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    panel.remove();
    onClose?.();
  });
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") event.stopPropagation();
  });
  return { place, close: () => panel.isConnected && panel.hidePopover() };
}

function putBeside(anchor, panel, side, align) {
  const box = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = panel;
  const below = box.bottom + GAP;
  const above = box.top - GAP - height;
  const fitsBelow = below + height <= innerHeight - 8;
  const top = side === "above" ? (above >= 8 ? above : below) : fitsBelow || above < 8 ? below : above;
  const left = align === "end" ? box.right - width : box.left;
  panel.style.top = `${Math.max(8, Math.min(top, innerHeight - height - 8))}px`;
  panel.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
}

/**
 * Open a menu of commands.
 * @param {Element} anchor
 * @param {Array<{label: Node|string|Array, run?: () => void, href?: string, danger?: boolean, checked?: boolean,
 *   hint?: string}|"line"|{heading: string}>} items
 * @param {{label: string, side?: "below"|"above", align?: "start"|"end", onClose?: () => void}} options
 */
export function openMenu(anchor, items, { label, ...options }) {
  const panel = h("div", { class: "menu", role: "menu", "aria-label": label });
  const popup = openPopup(anchor, panel, options);
  for (const item of items) panel.append(menuItem(item, () => popup.close()));
  popup.place();
  moveWithArrows(panel, '[role^="menuitem"]');
  panel.querySelector('[role^="menuitem"]')?.focus();
}

function menuItem(item, close) {
  if (item === "line") return h("div", { class: "menu-line", role: "separator" });
  if (item.heading) return h("div", { class: "menu-heading" }, item.heading);
  const role = item.checked === undefined ? "menuitem" : "menuitemradio";
  const shared = {
    role,
    class: `menu-item${item.danger ? " danger" : ""}`,
    tabIndex: -1,
    "aria-checked": item.checked === undefined ? null : String(item.checked),
  };
  if (item.href)
    return h(
      "a",
      {
        ...shared,
        href: item.href,
        target: item.target,
        rel: item.target && "noreferrer noopener",
        on: {
          click: () => {
            close();
            item.run?.();
          },
        },
      },
      item.label,
    );
  return h(
    "button",
    {
      ...shared,
      type: "button",
      on: {
        click: () => {
          close();
          item.run();
        },
      },
    },
    item.label,
    item.hint && h("span", { class: "menu-key", "aria-hidden": "true" }, item.hint),
  );
}

/**
 * Let the arrow keys, Home and End move the focus between the matching children.
 * @param {HTMLElement} root
 * @param {string} selector
 * @param {number} [columns] of a grid, where up and down go by rows
 */
export function moveWithArrows(root, selector, columns = 1) {
  root.addEventListener("keydown", (event) => {
    const items = [...root.querySelectorAll(selector)];
    const at = items.indexOf(document.activeElement);
    const next = {
      ArrowDown: at + columns,
      ArrowRight: at + 1,
      ArrowUp: at - columns,
      ArrowLeft: at - 1,
      Home: 0,
      End: -1,
    }[event.key];
    if (next === undefined || items.length === 0 || event.altKey) return;
    event.preventDefault();
    items.at(next % items.length).focus();
  });
}
