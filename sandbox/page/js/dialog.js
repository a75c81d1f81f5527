/** Modal dialogs: the frame around views, and small questions. */

import { h } from "./dom.js";

/**
 * Open a modal dialog; focus stays inside until it closes, then returns to where it was.
 * @param {HTMLElement} content
 * @param {{label: string, className?: string, onEscape?: () => void}} options without `onEscape`, Escape closes
 * @returns {{close: () => void, node: HTMLDialogElement}}
 */
export function openDialog(content, { label, className = "", onEscape }) {
  const before = document.activeElement;
  const node = h("dialog", { class: `dialog ${className}`, "aria-label": label }, content);
  document.body.append(node);
  node.addEventListener("cancel", (event) => {
    if (event.target !== node) return;
    event.preventDefault();
    (onEscape ?? close)();
  });
  node.addEventListener("keydown", (event) => event.stopPropagation());
  node.showModal();
  function close() {
    node.close();
    node.remove();
    if (before?.isConnected) before.focus();
  }
  return { close, node };
}

/**
 * Ask before something happens.
 * @param {{title: string, body: Node|string, confirm: string, deny?: string, danger?: boolean}} question
 * @returns {Promise<boolean>} true when confirmed
 */
export function ask({ title, body, confirm, deny = "Cancel", danger = false }) {
  return new Promise((resolve) => {
    let dialog = null;
    const answer = (value) => {
      dialog.close();
      resolve(value);
    };
    const yes = h(
      "button",
      {
        type: "button",
        class: `btn ${danger ? "btn-danger" : "btn-primary"}`,
        on: { click: () => answer(true) },
      },
      confirm,
    );
    dialog = openDialog(
      h(
        "div",
        { class: "ask" },
        h("h2", {}, title),
        h("div", { class: "ask-body" }, body),
        h(
          "div",
          { class: "dialog-foot" },
          h("button", { type: "button", class: "btn", on: { click: () => answer(false) } }, deny),
          yes,
        ),
      ),
      { label: title, className: "dialog-small", onEscape: () => answer(false) },
    );
    yes.focus();
  });
}
