/** Choosing files to send with a message: by button, by paste, by dropping them. */

import { h } from "./dom.js";
import { fileKind } from "./files.js";
import { icon } from "./icons.js";

const MOST = 10;

/**
 * The files chosen for one message, as chips until they are sent or taken away again.
 * @param {HTMLTextAreaElement} field files pasted into it are taken too
 * @param {() => void} onChange
 * @param {{accept?: string, most?: number, label?: string}} [options]
 * @returns {{input: HTMLElement, choose: () => void, chips: HTMLElement, files: () => File[], add: (files: File[]) => void,
 *   clear: () => void}}
 */
export function createAttachment(field, onChange, { accept, most = MOST, label = "Files" } = {}) {
  let files = [];
  const input = h("input", {
    type: "file",
    class: "sr-only",
    tabIndex: -1,
    "aria-label": label,
    multiple: most > 1,
    accept,
  });
  const chips = h("div", { class: "attach-chips", hidden: true });

  function set(chosen) {
    files = chosen.slice(0, most);
    for (const image of chips.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    chips.replaceChildren(
      ...files.map((file) => chip(file, () => set(files.filter((each) => each !== file)))),
    );
    chips.hidden = files.length === 0;
    input.value = "";
    onChange();
  }
  const add = (more) => set([...files, ...more]);

  input.addEventListener("change", () => {
    add([...input.files]);
    field?.focus();
  });
  field?.addEventListener("paste", (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])];
    if (pasted.length === 0) return;
    event.preventDefault();
    add(pasted);
  });
  return { input, choose: () => input.click(), chips, files: () => files, add, clear: () => set([]) };
}

function chip(file, remove) {
  const isPicture = /^image\/(?:png|jpeg|gif|webp)$/u.test(file.type);
  return h(
    "div",
    { class: `attach-chip${isPicture ? " picture-chip" : ""}`, title: file.name },
    isPicture ? h("img", { src: URL.createObjectURL(file), alt: file.name }) : fileKind(file.name),
    !isPicture && h("span", { class: "file-text" }, h("b", {}, file.name)),
    h(
      "button",
      { type: "button", class: "attach-drop", "aria-label": `Remove ${file.name}`, on: { click: remove } },
      icon("close"),
    ),
  );
}

/**
 * Let files be dropped anywhere on a pane.
 * @param {HTMLElement} pane
 * @param {() => {label: string, add: (files: File[]) => void}|null} target where they go now; null when nowhere
 */
export function acceptDrops(pane, target) {
  let veil = null;
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files") && target();
  const lift = () => {
    veil?.remove();
    veil = null;
  };
  pane.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (veil) return;
    veil = h("div", { class: "drop-veil" }, icon("download"), `Drop to send to ${target().label}`);
    pane.append(veil);
  });
  pane.addEventListener("dragleave", (event) => {
    if (!pane.contains(event.relatedTarget)) lift();
  });
  pane.addEventListener("drop", (event) => {
    lift();
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    target().add([...event.dataTransfer.files]);
  });
}
