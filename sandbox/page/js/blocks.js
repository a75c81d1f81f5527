/** Block Kit blocks → elements. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { buildControl, initialValue } from "./controls.js";
import { ask } from "./dialog.js";
import { act } from "./api.js";
import { sentence } from "./errors.js";
import { openMenu } from "./popup.js";
import { markdown } from "./markdown.js";
import { richText } from "./richtext.js";
import { linkNode } from "./mrkdwn.js";
import { textNode } from "./text.js";

/**
 * What somebody chose in a message or view: kept, so that a redrawn message shows it again.
 * @type {Map<string, any>}
 */
const chosen = new Map();

/**
 * @typedef {Object} Surface where blocks are shown
 * @property {{channel: string, ts: string}|{view_id: string}} where what clicks refer to
 * @property {HTMLElement} root gets the line that says why a click failed
 * @property {Array<{blockId: string, actionId: string, optional: boolean, element: Object, node: HTMLElement, read: () => any}>} [inputs]
 *   collects the input blocks of a form
 */

/**
 * @param {Object[]} blocks
 * @param {Surface} surface
 * @returns {HTMLElement[]} unknown block types become a quiet note
 */
export function renderBlocks(blocks, surface) {
  return blocks.map((block) => {
    if (Object.hasOwn(BLOCKS, block.type)) return BLOCKS[block.type](block, surface);
    return h("p", { class: "quiet" }, `This page does not show "${block.type}" blocks.`);
  });
}

const BLOCKS = {
  header: (block) => h("h3", { class: "block-header" }, textNode(block.text)),
  section: sectionBlock,
  divider: () => h("hr", { class: "block-divider" }),
  actions: (block, surface) =>
    h(
      "div",
      { class: "block-actions" },
      block.elements.map((element) => elementNode(element, block, surface)),
    ),
  context: (block) =>
    h(
      "div",
      { class: "block-context" },
      block.elements.map((element) =>
        element.type === "image" ? picture(element, "context-image") : h("span", {}, textNode(element)),
      ),
    ),
  image: (block) =>
    h(
      "figure",
      { class: "block-image" },
      block.title && h("figcaption", {}, textNode(block.title)),
      picture(block, "image"),
    ),
  input: inputBlock,
  markdown: (block) => markdown(block.text),
  rich_text: richText,
};

function sectionBlock(block, surface) {
  return h(
    "div",
    { class: "block-section" },
    h(
      "div",
      { class: "section-body" },
      block.text && h("div", { class: "section-text" }, textNode(block.text)),
      block.fields &&
        h(
          "div",
          { class: "section-fields" },
          block.fields.map((field) => h("div", {}, textNode(field))),
        ),
    ),
    block.accessory && h("div", { class: "section-accessory" }, elementNode(block.accessory, block, surface)),
  );
}

/** Pictures from elsewhere are not fetched: the page works without any network, and shows where they are. */
function picture(element, className) {
  const url = element.image_url ?? "";
  const isLocal =
    url.startsWith("/") || url.startsWith(`${location.origin}/`) || url.startsWith("data:image/");
  if (isLocal) return h("img", { class: className, src: url, alt: element.alt_text });
  return h(
    "span",
    { class: `${className} picture-away` },
    icon("image"),
    url ? linkNode(url, element.alt_text || url) : element.alt_text,
  );
}

function inputBlock(block, surface) {
  const { element } = block;
  const label = block.label.text;
  const dispatches = block.dispatch_action
    ? (value) => interact(surface, block, element, "select", value)
    : () => {};
  const control = valueControl(element, block, surface, label, dispatches);
  const error = h("p", { class: "input-error", hidden: true, role: "alert" });
  const node = h(
    "div",
    { class: "block-input" },
    h(
      "div",
      { class: "input-label" },
      textNode(block.label),
      block.optional && h("span", { class: "quiet" }, " (optional)"),
    ),
    control.node,
    error,
    block.hint && h("p", { class: "input-hint" }, textNode(block.hint)),
  );
  surface.inputs?.push({
    blockId: block.block_id,
    actionId: element.action_id,
    optional: Boolean(block.optional),
    element,
    node,
    error,
    read: control.read,
  });
  return node;
}

function keyOf(surface, block, element) {
  return [surface.where.view_id ?? surface.where.ts, block.block_id, element.action_id].join("/");
}

function valueControl(element, block, surface, label, onChoice) {
  const key = keyOf(surface, block, element);
  const remember = (value) => chosen.set(key, value);
  const onChange = (value) => {
    remember(value);
    onChoice(value);
  };
  return buildControl(element, {
    label,
    key,
    value: chosen.has(key) ? chosen.get(key) : initialValue(element),
    remember,
    onChange,
    onEnter: () => surface.submit?.(),
  });
}

function elementNode(element, block, surface) {
  if (element.type === "button") return buttonNode(element, block, surface);
  if (element.type === "overflow") return overflowNode(element, block, surface);
  if (element.type === "image") return picture(element, "accessory-image");
  const label = element.placeholder?.text ?? block.text?.text ?? element.action_id ?? "Choose";
  return valueControl(element, block, surface, label, (value) =>
    interact(surface, block, element, "select", value),
  ).node;
}

function buttonNode(element, block, surface) {
  const style = { primary: " btn-primary", danger: " btn-danger" }[element.style] ?? "";
  const key = keyOf(surface, block, element) + (element.value ?? "");
  const button = h(
    element.url ? "a" : "button",
    {
      type: element.url ? null : "button",
      href: safeUrl(element.url),
      target: element.url && "_blank",
      rel: element.url && "noreferrer noopener",
      class: `btn${style}`,
      data: { key },
      "aria-label": element.accessibility_label,
    },
    textNode(element.text),
  );
  button.addEventListener("click", () => interact(surface, block, element, "click", element.value, button));
  return button;
}

function safeUrl(url) {
  return /^(?:https?:\/\/|mailto:|tel:)/iu.test(url ?? "") ? url : null;
}

function overflowNode(element, block, surface) {
  const key = keyOf(surface, block, element);
  const button = h(
    "button",
    {
      type: "button",
      class: "btn btn-icon",
      "aria-label": "More actions",
      "aria-haspopup": "menu",
      data: { key },
    },
    icon("more"),
  );
  button.addEventListener("click", () =>
    openMenu(
      button,
      element.options.map((option) => ({
        label: textNode(option.text),
        run: () => interact(surface, block, element, "select", option.value, button),
      })),
      { label: "More actions" },
    ),
  );
  return button;
}

/**
 * Tell the app what was clicked or chosen; when it does not answer, say so below the blocks.
 * @param {Surface} surface
 * @param {Object} block
 * @param {Object} element
 * @param {"click"|"select"} what
 * @param {any} value
 * @param {HTMLElement} [button] shows that the app is being asked
 */
async function interact(surface, block, element, what, value, button) {
  if (element.confirm && !(await confirmed(element.confirm))) return;
  if (button?.getAttribute("aria-busy") === "true") return;
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
