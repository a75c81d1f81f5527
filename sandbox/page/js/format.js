/** The formatting bar of the box to write in: it writes the marks that messages use. */

import { h } from "./dom.js";
import { icon } from "./icons.js";

const TOOLS = [
  ["bold", "Bold (Ctrl+B)", (field) => wrap(field, "*")],
  ["italic", "Italic (Ctrl+I)", (field) => wrap(field, "_")],
  ["strike", "Strikethrough", (field) => wrap(field, "~")],
  null,
  ["listNumbers", "Numbered list", (field) => prefix(field, (index) => `${index + 1}. `)],
  ["listDots", "Bulleted list", (field) => prefix(field, () => "• ")],
  null,
  ["quote", "Quote", (field) => prefix(field, () => "> ")],
  ["code", "Code", (field) => wrap(field, "`")],
  ["codeBlock", "Code block", (field) => wrap(field, "```\n", "\n```")],
];
const LIST_LINE = /^(\s*)(?:(•|-) |(\d+)\. |(> ))/u;

/** @param {HTMLTextAreaElement} field @returns {HTMLElement} */
export function formatBar(field) {
  return h(
    "div",
    { class: "composer-format", role: "toolbar", "aria-label": "Formatting" },
    TOOLS.map((tool) => (tool ? toolButton(field, ...tool) : h("span", { class: "composer-line" }))),
  );
}

function toolButton(field, picture, label, run) {
  const button = h(
    "button",
    { type: "button", class: "tool", tabIndex: -1, title: label, "aria-label": label.replace(/ \(.*/u, "") },
    icon(picture),
  );
  button.addEventListener("mousedown", (event) => event.preventDefault());
  button.addEventListener("click", () => run(field));
  return button;
}

function changed(field) {
  field.focus();
  field.dispatchEvent(new Event("input"));
}

/** Put marks around the selection, or take them away again. */
function wrap(field, before, after = before) {
  const { selectionStart: start, selectionEnd: end, value } = field;
  const inside = value.slice(start, end);
  const isWrapped = value.slice(start - before.length, start) === before && value.startsWith(after, end);
  if (isWrapped) field.setRangeText(inside, start - before.length, end + after.length, "select");
  else {
    field.setRangeText(before + inside + after, start, end, "end");
    field.setSelectionRange(start + before.length, start + before.length + inside.length);
  }
  changed(field);
}

/** Put marks in front of each selected line. */
function prefix(field, mark) {
  const { value } = field;
  const start = value.lastIndexOf("\n", field.selectionStart - 1) + 1;
  const until = value.indexOf("\n", field.selectionEnd);
  const end = until < 0 ? value.length : until;
  const lines = value.slice(start, end).split("\n");
  field.setRangeText(lines.map((line, index) => mark(index) + line).join("\n"), start, end, "end");
  changed(field);
}

/**
 * Ctrl+B and Ctrl+I; Shift+Enter in a list goes on with the list.
 * @param {KeyboardEvent} event
 * @param {HTMLTextAreaElement} field
 * @returns {boolean} whether it was such a key
 */
export function formatKey(event, field) {
  const command = (event.ctrlKey || event.metaKey) && !event.altKey;
  const key = event.key.toLowerCase();
  if (command && (key === "b" || key === "i")) wrap(field, key === "b" ? "*" : "_");
  else if (event.key === "Enter" && event.shiftKey && continueList(field)) changed(field);
  else return false;
  event.preventDefault();
  return true;
}

function continueList(field) {
  const start = field.value.lastIndexOf("\n", field.selectionStart - 1) + 1;
  const line = field.value.slice(start, field.selectionStart);
  const match = LIST_LINE.exec(line);
  if (!match) return false;
  const [whole, space, dot, number, quote] = match;
  if (line === whole) field.setRangeText("", start, field.selectionStart, "end");
  else {
    const next = dot ? `${dot} ` : number ? `${Number(number) + 1}. ` : quote;
    field.setRangeText(`\n${space}${next}`, field.selectionStart, field.selectionEnd, "end");
  }
  return true;
}

/** @param {HTMLTextAreaElement} field @returns {boolean} whether the cursor is inside an open code block */
export function inCodeBlock(field) {
  return field.value.slice(0, field.selectionStart).split("```").length % 2 === 0;
}
