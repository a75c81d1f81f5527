/** Modals of the app: a stack of forms. */

import { act } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { openDialog } from "./dialog.js";
import { h, uid } from "./dom.js";
import { sentence } from "./errors.js";
import { icon } from "./icons.js";
import { appAvatar } from "./people.js";
import { on, state } from "./store.js";
import { textNode } from "./text.js";

/** Open modals, the visible one last. @type {Array<{view: Object, form: HTMLFormElement, inputs: Object[]}>} */
const stack = [];
const holder = h("div", { class: "views" });
let dialog = null;

on("view", (frame) => {
  if (frame.type === "view_closed") drop(frame.view_id ?? frame.view?.id);
  else show(frame.view);
});

function show(view) {
  if (view.type !== "modal") return;
  const at = stack.findIndex((entry) => entry.view.id === view.id);
  const entry = buildForm(view);
  if (at >= 0) {
    entry.top = stack[at].body.scrollTop;
    stack[at] = entry;
  } else stack.push(entry);
  redraw();
  entry.body.scrollTop = entry.top ?? 0;
}

function drop(viewId) {
  const at = stack.findIndex((entry) => entry.view.id === viewId);
  if (at < 0) return;
  stack.splice(at, 1);
  redraw();
}

function redraw() {
  const top = stack.at(-1);
  if (!top) {
    dialog?.close();
    dialog = null;
    return;
  }
  const isNew = !top.form.isConnected;
  const at = document.activeElement?.dataset.key;
  holder.replaceChildren(...stack.map((entry) => entry.form));
  for (const entry of stack) entry.form.hidden = entry !== top;
  dialog ??= openDialog(holder, { label: "Form", className: "dialog-view", onEscape: closeTop });
  dialog.node.setAttribute("aria-label", top.view.title.text);
  const same = isNew && at && top.form.querySelector(`[data-key="${CSS.escape(at)}"]`);
  if (same) same.focus();
  else focusFirst(top);
}

function focusFirst({ form, inputs }) {
  const wanted = inputs.find((input) => input.element.focus_on_load)?.node;
  const first =
    wanted?.querySelector("input, textarea, button") ??
    form.querySelector(
      ".block-input :is(input:checked, input:not([type=radio]), textarea, select, button)",
    ) ??
    form.querySelector(".view-body :is(a, button)") ??
    form.querySelector(".view-foot .btn:last-child");
  first.focus();
}

function buildForm(view) {
  const body = h("div", { class: "view-body" });
  const inputs = [];
  const form = h("form", { class: "view", novalidate: true, "aria-labelledby": uid("view") });
  const entry = { view, form, inputs, body };
  const submit = () => submitView(entry);
  const title = h("h2", { id: form.getAttribute("aria-labelledby") }, textNode(view.title));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  body.append(...renderBlocks(view.blocks, { where: { view_id: view.id }, root: body, inputs, submit }));
  const canSubmit = view.submit || inputs.length > 0;
  form.append(
    h(
      "header",
      { class: "view-head" },
      view.previous_view_id
        ? h(
            "button",
            { type: "button", class: "tool", "aria-label": "Back", title: "Back", on: { click: closeTop } },
            icon("back"),
          )
        : appAvatar("small"),
      title,
      h(
        "button",
        { type: "button", class: "tool", "aria-label": "Close", on: { click: closeAll } },
        icon("close"),
      ),
    ),
    body,
    h(
      "footer",
      { class: "view-foot" },
      h("p", { class: "view-problem", role: "alert" }),
      h(
        "button",
        { type: "button", class: "btn", on: { click: closeTop } },
        view.close ? textNode(view.close) : "Cancel",
      ),
      canSubmit &&
        h(
          "button",
          { type: "submit", class: "btn btn-primary", disabled: Boolean(view.submit_disabled) },
          view.submit ? textNode(view.submit) : "Submit",
        ),
    ),
  );
  return entry;
}

async function submitView(entry) {
  const { form, inputs, view } = entry;
  await Promise.all(inputs.map((input) => input.ready?.()));
  const missing = showErrors(inputs, locally(inputs));
  if (missing) return;
  const button = form.querySelector('[type="submit"]');
  if (button.disabled) return;
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  const answer = await act("submit", { view_id: view.id, values: valuesOf(inputs) });
  button.disabled = false;
  button.removeAttribute("aria-busy");
  const ack = answer.ack ?? {};
  form.querySelector(".view-problem").textContent = answer.ok ? "" : sentence(answer.error);
  if (ack.response_action === "errors") showErrors(inputs, ack.errors);
  else if (answer.errors) showErrors(inputs, answer.errors);
  else if (answer.ok && answer.closed) drop(view.id);
}

/** What can be told without asking the app: a required field left empty, a text too short. */
function locally(inputs) {
  const errors = {};
  for (const input of inputs) {
    const value = input.read();
    const empty = value === null || value.length === 0;
    if (empty && !input.optional) errors[input.blockId] = "Please fill in this field.";
    else if (!empty && value.length < input.element.min_length) {
      errors[input.blockId] = `Please write at least ${input.element.min_length} characters.`;
    } else {
      const wrong = input.node.querySelector(":invalid");
      if (wrong) errors[input.blockId] = complaint(wrong);
    }
  }
  return errors;
}

function complaint({ validity, min, max }) {
  if (validity.rangeUnderflow) return `Please enter ${min} or more.`;
  if (validity.rangeOverflow) return `Please enter ${max} or less.`;
  if (validity.stepMismatch) return "Please enter a whole number.";
  return "Please enter a valid value.";
}

function showErrors(inputs, errors) {
  let first = null;
  for (const input of inputs) {
    const text = errors[input.blockId] ?? "";
    const field = input.node.querySelector("input, textarea, .select");
    input.error.textContent = text;
    input.error.hidden = text === "";
    input.error.id ||= uid("error");
    field?.setAttribute("aria-invalid", String(text !== ""));
    if (text) field?.setAttribute("aria-describedby", input.error.id);
    else field?.removeAttribute("aria-describedby");
    if (text) first ??= field;
  }
  first?.focus();
  return Boolean(first);
}

function valuesOf(inputs) {
  const values = {};
  for (const { blockId, actionId, read } of inputs) (values[blockId] ??= {})[actionId] = read();
  return values;
}

async function closeTop() {
  const top = stack.at(-1);
  if (!top) return;
  drop(top.view.id);
  await act("close_view", { view_id: top.view.id });
}

async function closeAll() {
  const ids = stack.map((entry) => entry.view.id).reverse();
  stack.length = 0;
  redraw();
  for (const viewId of ids) await act("close_view", { view_id: viewId });
}
