/** Blocks that show an agent's work: task_card and plan. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { linkNode } from "./mrkdwn.js";
import { richText } from "./richtext.js";

const WORDS = { pending: "Not started", in_progress: "In progress", complete: "Done", error: "Failed" };
const MARKS = { complete: "check", error: "close" };
/** What a person opened or closed stays so while the app updates it. */
const opened = new Map();

function remembered(details, key, byDefault) {
  details.open = opened.get(key) ?? byDefault;
  details.addEventListener("toggle", () => opened.set(key, details.open));
  return details;
}

/** @param {Object} task @returns {HTMLElement} */
export function taskCard(task) {
  const status = Object.hasOwn(WORDS, task.status) ? task.status : "pending";
  const more = [
    task.details && richText(task.details),
    task.output && richText(task.output),
    task.sources?.length > 0 && h("div", { class: "task-sources" }, task.sources.map(source)),
  ].filter(Boolean);
  const head = [
    h(
      "span",
      { class: "task-state", role: "img", "aria-label": WORDS[status] },
      MARKS[status] && icon(MARKS[status]),
    ),
    h("span", { class: "task-title" }, task.title),
  ];
  if (more.length === 0) return h("div", { class: `task task-${status}` }, h("summary", {}, head));
  return remembered(
    h(
      "details",
      { class: `task task-${status} opens` },
      h("summary", {}, head, chevron()),
      h("div", { class: "task-more" }, more),
    ),
    `task/${task.block_id ?? ""}/${task.task_id}`,
    status === "in_progress" || status === "error",
  );
}

function source({ url, text }) {
  return linkNode(url, text || url);
}

function chevron() {
  const node = icon("chevron");
  node.classList.add("task-chevron");
  return node;
}

/** @param {Object} block @returns {HTMLElement} */
export function planBlock(block) {
  const tasks = block.tasks ?? [];
  const done = tasks.filter((task) => task.status === "complete").length;
  return remembered(
    h(
      "details",
      { class: "plan" },
      h("summary", {}, block.title, tasks.length > 0 && h("small", {}, `${done} of ${tasks.length} done`)),
      tasks.map(taskCard),
    ),
    `plan/${block.block_id}`,
    true,
  );
}
