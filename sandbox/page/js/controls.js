/** The controls of Block Kit: each built from its JSON, each telling its plain value. */

import { keepFiles } from "./api.js";
import { acceptDrops, createAttachment } from "./attach.js";
import { channelOptions, conversationOptions, initialOptions, optionsOf, peopleOptions } from "./choices.js";
import { h, uid } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { sentence } from "./errors.js";
import { formatBar } from "./format.js";
import { icon } from "./icons.js";
import { createSelect } from "./select.js";
import { state } from "./store.js";
import { textNode } from "./text.js";
import { fromLocalInput, toLocalInput } from "./time.js";

/**
 * @typedef {Object} Slot where a control sits
 * @property {string} label its name for assistive technology
 * @property {string} key
 * @property {any} value to start from
 * @property {(value: any) => void} remember
 * @property {(value: any) => void} onChange
 * @property {() => void} onEnter
 * @property {(query: string) => Promise<Object>} suggest asks the app for options
 * @typedef {{node: HTMLElement, read: () => any, ready?: () => Promise<void>}} Control `ready`: when `read` tells all
 */

const select = (options, multiple) => (element, slot) =>
  createSelect({
    options: options(element),
    multiple,
    max: element.max_selected_items,
    value: slot.value,
    label: slot.label,
    key: slot.key,
    placeholder: element.placeholder?.text ?? (multiple ? "Choose options" : "Choose an option"),
    onChange: slot.onChange,
  });

const external = (multiple) => (element, slot) =>
  createSelect({
    options: [...initialOptions(element), ...(suggested.get(slot.key) ?? [])],
    ask: async (query) => {
      const answer = await slot.suggest(query);
      if (answer.problem) return answer;
      const options = optionsOf(answer);
      suggested.set(slot.key, [...(suggested.get(slot.key) ?? []), ...options]);
      return { options };
    },
    askFrom: element.min_query_length ?? 3,
    multiple,
    max: element.max_selected_items,
    value: slot.value,
    label: slot.label,
    key: slot.key,
    placeholder: element.placeholder?.text ?? "Search",
    onChange: slot.onChange,
  });

/** Options the app has offered, so that a redrawn select still knows the names of the chosen ones. */
const suggested = new Map();

const native = (type) => (element, slot) => {
  const node = h("input", {
    type,
    class: "field field-short",
    value: slot.value ?? "",
    "aria-label": slot.label,
    title: element.placeholder?.text,
    data: { key: slot.key },
    on: { change: () => slot.onChange(node.value || null) },
  });
  return {
    node: element.timezone
      ? h("span", { class: "picker-row" }, node, h("small", {}, element.timezone))
      : node,
    read: () => node.value || null,
  };
};

/** In the reader's own zone, as all times of the page are. */
function dateTime(element, slot) {
  const read = () => (node.value ? fromLocalInput(node.value) : null);
  const node = h("input", {
    type: "datetime-local",
    class: "field field-short",
    "aria-label": slot.label,
    data: { key: slot.key },
    value: slot.value ? toLocalInput(slot.value) : "",
    on: { change: () => slot.onChange(read()) },
  });
  return { node, read };
}

const TYPES = { email_text_input: "email", url_text_input: "url", number_input: "number" };

function text(element, slot) {
  const multiline = element.multiline || element.type === "rich_text_input";
  const triggers = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  const eachLetter = triggers.includes("on_character_entered");
  const node = h(multiline ? "textarea" : "input", {
    type: multiline ? null : (TYPES[element.type] ?? "text"),
    class: "field",
    "aria-label": slot.label,
    rows: multiline ? 5 : null,
    placeholder: element.placeholder?.text,
    maxlength: element.max_length,
    value: slot.value ?? "",
    data: { key: slot.key },
    min: element.min_value,
    max: element.max_value,
    step: element.is_decimal_allowed ? "any" : null,
    on: {
      input: () => (eachLetter ? slot.onChange : slot.remember)(node.value),
      change: () => triggers.includes("on_enter_pressed") && !multiline && slot.onChange(node.value),
    },
  });
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (!multiline || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!multiline) slot.onChange(node.value);
      slot.onEnter();
    }
  });
  return { node: framed(element, node), read: () => node.value || null };
}

function framed(element, node) {
  if (element.type === "rich_text_input") return h("div", { class: "rich-input" }, formatBar(node), node);
  if (!element.max_length || element.max_length > 1_000) return node;
  const count = h("div", { class: "input-count", "aria-hidden": "true" });
  const show = () => (count.textContent = `${node.value.length} / ${element.max_length}`);
  node.addEventListener("input", show);
  show();
  return h("div", {}, node, count);
}

/** Files go to the workspace at once; the form carries their ids. */
function files(element, slot) {
  let ids = slot.value ?? [];
  const accept = element.filetypes?.map((type) => `.${type}`).join(",");
  const problem = h("p", { class: "input-hint", role: "alert" });
  const attachment = createAttachment(null, take, {
    accept,
    most: element.max_files ?? 10,
    label: slot.label,
  });
  let handedIn = Promise.resolve();
  function take() {
    const chosen = attachment.files();
    handedIn = (chosen.length > 0 ? keepFiles(chosen) : Promise.resolve({ ok: true, files: [] })).then(
      (answer) => {
        ids = answer.files ?? [];
        problem.textContent = answer.ok ? "" : sentence(answer.error);
        slot.remember(ids);
      },
    );
  }
  const choose = h(
    "button",
    { type: "button", class: "btn", data: { key: slot.key } },
    icon("clip"),
    "Choose files",
  );
  choose.addEventListener("click", attachment.choose);
  const place = h("div", { class: "file-place" }, choose, "or drop them here", attachment.input);
  acceptDrops(place, () => ({ label: slot.label, add: attachment.add }));
  return {
    node: h("div", { class: "file-input" }, place, attachment.chips, problem),
    read: () => ids,
    ready: () => handedIn,
  };
}

const boxes = (type) => (element, slot) => {
  const name = uid("choice");
  const start = new Set([slot.value ?? []].flat());
  const inputs = element.options.map((option, index) =>
    h("input", {
      type,
      name,
      value: option.value,
      checked: start.has(option.value),
      data: { key: `${slot.key}/${index}` },
      on: { change: () => slot.onChange(read()) },
    }),
  );
  const read = () => {
    const values = inputs.filter((input) => input.checked).map((input) => input.value);
    return type === "radio" ? (values[0] ?? null) : values;
  };
  const rows = element.options.map((option, index) =>
    h(
      "label",
      { class: "choice" },
      inputs[index],
      h(
        "span",
        {},
        textNode(option.text),
        option.description && h("small", {}, textNode(option.description)),
      ),
    ),
  );
  const node = h(
    "div",
    { class: "choices", role: type === "radio" ? "radiogroup" : "group", "aria-label": slot.label },
    rows,
  );
  return { node, read };
};

/** How each element type is built. Buttons and overflow menus hold no value and live in blocks.js. */
const CONTROLS = {
  static_select: select(optionsOf, false),
  multi_static_select: select(optionsOf, true),
  external_select: external(false),
  multi_external_select: external(true),
  users_select: select(peopleOptions, false),
  multi_users_select: select(peopleOptions, true),
  channels_select: select(channelOptions, false),
  multi_channels_select: select(channelOptions, true),
  conversations_select: select(conversationOptions, false),
  multi_conversations_select: select(conversationOptions, true),
  datepicker: native("date"),
  timepicker: native("time"),
  datetimepicker: dateTime,
  plain_text_input: text,
  email_text_input: text,
  url_text_input: text,
  number_input: text,
  rich_text_input: text,
  file_input: files,
  checkboxes: boxes("checkbox"),
  radio_buttons: boxes("radio"),
};

/**
 * @param {Object} element
 * @param {Slot} slot
 * @returns {Control} an unknown type becomes a note that says so
 */
export function buildControl(element, slot) {
  if (Object.hasOwn(CONTROLS, element.type)) return CONTROLS[element.type](element, slot);
  return {
    node: h("span", { class: "unknown-block" }, withEmoji(`This page does not show "${element.type}".`)),
    read: () => null,
  };
}

/**
 * The plain value an element starts with, from its `initial_…` field.
 * @param {Object} element
 * @returns {any}
 */
export function initialValue(element) {
  const options = element.initial_options?.map((option) => option.value);
  const current = element.default_to_current_conversation ? state.place.channel : null;
  return (
    element.initial_option?.value ??
    options ??
    wordsOf(element.initial_value) ??
    element.initial_user ??
    element.initial_users ??
    element.initial_date ??
    element.initial_time ??
    element.initial_date_time ??
    element.initial_channel ??
    element.initial_channels ??
    element.initial_conversation ??
    element.initial_conversations ??
    (element.type.startsWith("multi_") && current ? [current] : current)
  );
}

/** A rich text to start from, as somebody would type it. */
function wordsOf(initial) {
  if (typeof initial !== "object") return initial;
  const lines = initial.elements.map((part) =>
    (part.elements ?? []).map((leaf) => leaf.text ?? leaf.url ?? "").join(""),
  );
  return lines.join("\n");
}
