/** Telling the app what was clicked or chosen in its blocks. */

import { act } from "./api.js";
import { ask } from "./dialog.js";
import { h } from "./dom.js";
import { sentence } from "./errors.js";
import { icon } from "./icons.js";
import { textNode } from "./text.js";

/**
 * @typedef {Object} Surface where blocks are shown
 * @property {{channel: string, ts: string}|{view_id: string}} where what clicks refer to
 * @property {HTMLElement} root gets the line that says why a click failed
 * @property {Array<{blockId: string, actionId: string, optional: boolean, element: Object, node: HTMLElement, read: () => any}>} [inputs]
 *   collects the input blocks of a form
 * @property {() => void} [submit] what Enter in a field of a form does
 */

/** @param {Surface} surface @param {Object} block @param {Object} element @returns {string} names a control across redrawings */
export function keyOf(surface, block, element) {
  return [surface.where.view_id ?? surface.where.ts, block.block_id, element.action_id].join("/");
}

/**
 * Tell the app; when it does not answer, say so below the blocks.
 * @param {Surface} surface
 * @param {Object} block
 * @param {Object} element
 * @param {"click"|"select"} what
 * @param {any} value
 * @param {HTMLElement} [button] shows that the app is being asked
 * @returns {Promise<boolean>} whether it was told
 */
export async function interact(surface, block, element, what, value, button) {
  if (element.confirm && !(await confirmed(element.confirm))) return false;
  if (button?.getAttribute("aria-busy") === "true") return false;
  button?.setAttribute("aria-busy", "true");
  const answer = await act(what, {
    ...surface.where,
    block_id: block.block_id,
    action_id: element.action_id,
    value,
  });
  button?.removeAttribute("aria-busy");
  surface.root.querySelector(":scope > .app-error")?.remove();
  if (!answer.ok)
    surface.root.append(h("p", { class: "app-error", role: "alert" }, icon("warn"), sentence(answer.error)));
  return answer.ok;
}

function confirmed(dialog) {
  return ask({
    title: dialog.title.text,
    body: h("div", {}, textNode(dialog.text)),
    confirm: dialog.confirm.text,
    deny: dialog.deny.text,
    danger: dialog.style === "danger",
  });
}
