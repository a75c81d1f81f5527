/** Block Kit blocks → elements. */

import { act } from "./api.js";
import { alertBlock, cardBlock, carousel, container, videoBlock } from "./cards.js";
import { buildControl, initialValue } from "./controls.js";
import { h } from "./dom.js";
import { sentence } from "./errors.js";
import { contextActions } from "./feedback.js";
import { icon } from "./icons.js";
import { interact, keyOf } from "./interact.js";
import { markdown } from "./markdown.js";
import { picture } from "./pictures.js";
import { openMenu } from "./popup.js";
import { richText } from "./richtext.js";
import { dataTable, tableBlock } from "./table.js";
import { planBlock, taskCard } from "./tasks.js";
import { textNode } from "./text.js";

/** A section longer than this is folded until somebody asks for all of it; `expand` shows it all at once. */
const FOLD_FROM = 900;
const FOLD_FROM_LINES = 12;

/**
 * What somebody chose in a message or view: kept, so that a redrawn message shows it again.
 * @type {Map<string, any>}
 */
const chosen = new Map();

/** Sections somebody unfolded. @type {Set<string>} */
const unfolded = new Set();

/** @typedef {import("./interact.js").Surface} Surface */

/**
 * @param {Object[]} blocks
 * @param {Surface} surface
 * @returns {HTMLElement[]} unknown block types become a quiet note
 */
export function renderBlocks(blocks, surface) {
  return blocks.map((block) => {
    if (Object.hasOwn(BLOCKS, block.type)) return BLOCKS[block.type](block, surface);
    return h("p", { class: "unknown-block" }, `This page does not show "${block.type}" blocks.`);
  });
}

const BLOCKS = {
  header: (block) => h("h3", { class: "block-header" }, textNode(block.text)),
  section: sectionBlock,
  divider: () => h("hr", { class: "block-divider" }),
  actions: (block, surface) => actionRow(block.elements, block, surface),
  context: (block) =>
    h(
      "div",
      { class: "block-context" },
      block.elements.map((element) =>
        element.type === "image" ? picture(element, "context-image") : h("span", {}, textNode(element)),
      ),
    ),
  context_actions: contextActions,
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
  table: tableBlock,
  data_table: dataTable,
  task_card: taskCard,
  plan: planBlock,
  card: (block, surface) => cardBlock(block, (elements) => actionRow(elements, block, surface)),
  carousel: (block, surface) => carousel(renderBlocks(block.elements, surface)),
  container: (block, surface) => container(block, renderBlocks(block.child_blocks, surface)),
  alert: alertBlock,
  video: videoBlock,
};

function actionRow(elements, block, surface) {
  return h(
    "div",
    { class: "block-actions" },
    elements.map((element) => elementNode(element, block, surface)),
  );
}

function sectionBlock(block, surface) {
  return h(
    "div",
    { class: "block-section" },
    h(
      "div",
      { class: "section-body" },
      block.text && sectionText(block, surface),
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

function sectionText(block, surface) {
  const node = h("div", { class: "section-text" }, textNode(block.text));
  const { text } = block.text;
  const isLong = text.length > FOLD_FROM || text.split("\n").length > FOLD_FROM_LINES;
  const key = keyOf(surface, block, {});
  if (!isLong || block.expand || unfolded.has(key) || surface.where.view_id) return node;
  node.classList.add("folded");
  const more = h(
    "button",
    { type: "button", class: "link-button", data: { key: `${key}/more` } },
    "See more",
  );
  more.addEventListener("click", () => {
    unfolded.add(key);
    node.classList.remove("folded");
    more.remove();
  });
  return [node, more];
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
    ready: control.ready,
  });
  return node;
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
    suggest: (query) => suggestions(surface, block, element, query),
  });
}

/** What the app offers for what is typed into a select whose options it holds itself. */
async function suggestions(surface, block, element, query) {
  const details = { block_id: block.block_id, action_id: element.action_id, value: query };
  const answer = await act("suggest", { ...surface.where, ...details });
  return answer.ok ? answer : { problem: sentence(answer.error) };
}

function elementNode(element, block, surface) {
  if (element.type === "button" || element.type === "workflow_button")
    return buttonNode(element, block, surface);
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
        label: optionLabel(option),
        href: safeUrl(option.url),
        target: option.url && "_blank",
        run: () => interact(surface, block, element, "select", option.value, button),
      })),
      { label: "More actions" },
    ),
  );
  return button;
}

function optionLabel({ text, description }) {
  if (!description) return textNode(text);
  return h(
    "span",
    { class: "menu-person" },
    h("span", {}, textNode(text)),
    h("small", {}, textNode(description)),
  );
}
