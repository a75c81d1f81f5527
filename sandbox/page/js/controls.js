/** The controls of Block Kit: each built from its JSON, each telling its plain value. */

import { h, uid } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { avatar, nameOf } from "./people.js";
import { createSelect } from "./select.js";
import { state } from "./store.js";
import { textNode } from "./text.js";

/**
 * @typedef {{label: string, key: string, value: any, remember: (value: any) => void, onChange: (value: any) => void,
 *   onEnter: () => void}} Slot where a control sits: its name for assistive technology, its key, the value to start from
 * @typedef {{node: HTMLElement, read: () => any}} Control
 */

function optionsOf(element) {
  const groups = element.option_groups ?? [{ options: element.options ?? [] }];
  return groups.flatMap((group) =>
    group.options.map((option) => ({
      value: option.value,
      label: option.text.text,
      node: () => textNode(option.text),
      description: option.description?.text,
      group: group.label?.text,
    })),
  );
}

function peopleOptions() {
  return [...state.users.values()]
    .filter((user) => !user.is_bot)
    .map((user) => ({
      value: user.id,
      label: nameOf(user),
      node: () => [avatar(user, "small"), nameOf(user)],
    }));
}

function channelOptions() {
  return [...state.channels.values()]
    .filter((channel) => !channel.is_im)
    .map((channel) => ({ value: channel.id, label: `#${channel.name}` }));
}

const select = (options, multiple) => (element, slot) =>
  createSelect({
    options: options(element),
    multiple,
    max: element.max_selected_items,
    value: slot.value,
    label: slot.label,
    key: slot.key,
    placeholder: element.placeholder?.text ?? "Choose an option",
    onChange: slot.onChange,
  });

const native = (type) => (element, slot) => {
  const node = h("input", {
    type,
    class: "field field-short",
    value: slot.value ?? "",
    "aria-label": slot.label,
    placeholder: element.placeholder?.text,
    data: { key: slot.key },
    on: { change: () => slot.onChange(node.value) },
  });
  return { node, read: () => node.value || null };
};

function dateTime(element, slot) {
  const local = (seconds) => new Date(seconds * 1000 - new Date(seconds * 1000).getTimezoneOffset() * 60_000);
  const read = () => (node.value ? Math.floor(new Date(node.value).getTime() / 1000) : null);
  const node = h("input", {
    type: "datetime-local",
    class: "field field-short",
    "aria-label": slot.label,
    data: { key: slot.key },
    value: slot.value ? local(slot.value).toISOString().slice(0, 16) : "",
    on: { change: () => slot.onChange(read()) },
  });
  return { node, read };
}

function text(element, slot) {
  const multiline = element.multiline || element.type === "rich_text_input";
  const types = { email_text_input: "email", url_text_input: "url", number_input: "number" };
  const node = h(multiline ? "textarea" : "input", {
    type: multiline ? null : (types[element.type] ?? "text"),
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
    on: { input: () => slot.remember(node.value), change: () => slot.onChange(node.value) },
  });
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !multiline) {
      event.preventDefault();
      slot.onEnter();
    }
  });
  return { node, read: () => node.value || null };
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
  users_select: select(peopleOptions, false),
  multi_users_select: select(peopleOptions, true),
  channels_select: select(channelOptions, false),
  multi_channels_select: select(channelOptions, true),
  conversations_select: select(channelOptions, false),
  multi_conversations_select: select(channelOptions, true),
  datepicker: native("date"),
  timepicker: native("time"),
  datetimepicker: dateTime,
  plain_text_input: text,
  email_text_input: text,
  url_text_input: text,
  number_input: text,
  rich_text_input: text,
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
    node: h("span", { class: "quiet" }, withEmoji(`This page does not show "${element.type}".`)),
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
  return (
    element.initial_option?.value ??
    options ??
    element.initial_value ??
    element.initial_user ??
    element.initial_users ??
    element.initial_date ??
    element.initial_time ??
    element.initial_date_time ??
    element.initial_channel ??
    element.initial_channels ??
    element.initial_conversation ??
    element.initial_conversations ??
    null
  );
}
