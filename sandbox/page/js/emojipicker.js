/** The panel to choose an emoji from. */

import { h } from "./dom.js";
import { EMOJI, PRODUCT, emojiNode } from "./emoji.js";
import { moveWithArrows, openPopup } from "./popup.js";

const EVERYDAY = Object.keys(EMOJI).filter((name) => !PRODUCT.includes(name));

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
  const panel = h(
    "div",
    { class: "emoji-panel", role: "dialog", "aria-label": "Choose an emoji" },
    search,
    groups,
  );
  const popup = openPopup(anchor, panel, { align: "end", ...options });
  const pick = (name) => {
    popup.close();
    choose(name);
  };
  const show = () => fill(groups, search.value.trim().toLowerCase().replaceAll(" ", "_"), pick);
  search.addEventListener("input", show);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") groups.querySelector("button")?.click();
    if (event.key === "ArrowDown") groups.querySelector("button")?.focus();
    if (event.key === "Enter" || event.key === "ArrowDown") event.preventDefault();
  });
  moveWithArrows(groups, "button");
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
  const content = [grid("For cases", PRODUCT), grid("Everyday", EVERYDAY)].filter(Boolean).flat();
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
      on: { click: () => pick(name) },
    },
    emojiNode(name),
  );
}
