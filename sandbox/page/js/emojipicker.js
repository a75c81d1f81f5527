/** The panel to choose an emoji from. */

import { h } from "./dom.js";
import { emojiNode } from "./emoji.js";
import { GROUPS, PRODUCT } from "./emojidata.js";
import { moveWithArrows, openPopup } from "./popup.js";

const COLUMNS = 8;
const FREQUENT = "Frequently used";
const MOST_FREQUENT = 16;

/** What somebody used last comes first, after what has a meaning for cases. */
function frequent() {
  return JSON.parse(localStorage.getItem("emoji") ?? "[]");
}

function remember(name) {
  const names = [name, ...frequent().filter((each) => each !== name)].slice(0, MOST_FREQUENT);
  localStorage.setItem("emoji", JSON.stringify(names));
}

/**
 * @param {Element} anchor
 * @param {(name: string) => void} choose called with the short name
 * @param {{side?: "below"|"above", onClose?: () => void}} [options]
 */
export function openEmojiPicker(anchor, choose, options = {}) {
  const search = h("input", {
    type: "search",
    class: "field",
    placeholder: "Search emoji",
    "aria-label": "Search emoji",
  });
  const groups = h("div", { class: "emoji-groups" });
  const foot = h("div", { class: "emoji-foot", "aria-hidden": "true" }, "Pick one");
  const panel = h(
    "div",
    { class: "emoji-panel", role: "dialog", "aria-label": "Choose an emoji" },
    search,
    groups,
    foot,
  );
  const popup = openPopup(anchor, panel, { align: "end", ...options });
  const pick = (name) => {
    popup.close();
    remember(name);
    choose(name);
  };
  const show = () => fill(groups, search.value.trim().toLowerCase().replaceAll(" ", "_"), pick);
  search.addEventListener("input", show);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") groups.querySelector("button")?.click();
    if (event.key === "ArrowDown") groups.querySelector("button")?.focus();
    if (event.key === "Enter" || event.key === "ArrowDown") event.preventDefault();
  });
  const preview = (event) => {
    const name = event.target.closest?.("button")?.dataset.name;
    if (name) foot.replaceChildren(emojiNode(name), `:${name}:`);
  };
  groups.addEventListener("pointerover", preview);
  groups.addEventListener("focusin", preview);
  moveWithArrows(groups, "button", COLUMNS);
  show();
  popup.place();
  search.focus();
}

function fill(groups, query, pick) {
  const grid = (title, names) => {
    const found = names.filter((name) => name.includes(query));
    return (
      found.length > 0 && [
        h("div", { class: "emoji-title" }, title),
        h(
          "div",
          { class: "emoji-grid" },
          found.map((name) => emojiButton(name, pick)),
        ),
      ]
    );
  };
  const sections = [
    ["For cases", PRODUCT],
    [FREQUENT, query === "" ? frequent() : []],
    ...Object.entries(GROUPS).map(([title, emoji]) => [title, Object.keys(emoji)]),
  ];
  const content = sections
    .map(([title, names]) => grid(title, names))
    .filter(Boolean)
    .flat();
  groups.replaceChildren(
    ...(content.length > 0 ? content : [h("p", { class: "quiet" }, "No emoji of that name.")]),
  );
}

function emojiButton(name, pick) {
  return h(
    "button",
    {
      type: "button",
      class: "emoji-choice",
      title: `:${name}:`,
      "aria-label": name.replaceAll("_", " "),
      data: { name },
      on: { click: () => pick(name) },
    },
    emojiNode(name),
  );
}
