/** Files in messages: pictures are shown, others are offered to keep. */

import { fileAddress } from "./api.js";
import { openDialog } from "./dialog.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";

/** What a browser shows as a picture; drawings with scripts in them (SVG) are only offered to keep. */
const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const KINDS = [
  [/\.pdf$/iu, "#b3261e", "file"],
  [/\.(?:xlsx?|csv|ods|tsv)$/iu, "#1d7044", "file"],
  [/\.(?:docx?|odt|rtf)$/iu, "#2b5797", "file"],
  [/\.(?:png|jpe?g|gif|webp|svg|heic)$/iu, "#7a4fa3", "image"],
  [/\.(?:zip|gz|tar|7z|rar)$/iu, "#8a6d1d", "archive"],
  [/\.(?:mp3|wav|m4a|ogg)$/iu, "#a0457a", "play"],
  [/\.(?:mp4|mov|webm)$/iu, "#a0457a", "play"],
];

/** @param {string} name @returns {HTMLElement} a coloured tile for the kind of file */
export function fileKind(name) {
  const [, color, picture] = KINDS.find(([pattern]) => pattern.test(name)) ?? [null, "#59636e", "file"];
  return h("span", { class: "file-kind", style: { "--kind": color }, "aria-hidden": "true" }, icon(picture));
}

/** @param {number} size in bytes @returns {string} */
export function sizeText(size) {
  return size < 1_000_000
    ? `${Math.max(1, Math.round(size / 1_000))} KB`
    : `${(size / 1_000_000).toFixed(1)} MB`;
}

/** @param {Object[]} files of a message @returns {HTMLElement[]} */
export function fileNodes(files) {
  const shown = (files ?? []).filter(Boolean);
  return shown.length > 0 ? [h("div", { class: "files" }, shown.map(fileNode))] : [];
}

function fileNode(file) {
  if (file.mode === "tombstone" || !file.url_private)
    return h(
      "span",
      { class: "file" },
      icon("trash"),
      h("span", { class: "quiet" }, "This file was deleted."),
    );
  return PICTURES.has(file.mimetype) ? pictureNode(file) : keepNode(file);
}

function keepNode(file) {
  return h(
    "a",
    { class: "file", href: fileAddress(file), download: file.name, title: `Download ${file.name}` },
    fileKind(file.name),
    h(
      "span",
      { class: "file-text" },
      h("b", {}, file.title || file.name),
      h("small", {}, [file.pretty_type, file.size && sizeText(file.size)].filter(Boolean).join(" · ")),
    ),
    icon("download"),
  );
}

function pictureNode(file) {
  const name = file.title || file.name;
  const button = h(
    "button",
    { type: "button", class: "picture", "aria-label": `Open ${name}`, title: name },
    h("img", { src: fileAddress(file, { view: true }), alt: file.alt_txt || name, loading: "lazy" }),
  );
  button.addEventListener("click", () => openPicture(file, name));
  return h("div", {}, h("span", { class: "picture-name" }, name), button);
}

function openPicture(file, name) {
  const close = h("button", { type: "button", class: "tool", "aria-label": "Close" }, icon("close"));
  const dialog = openDialog(
    h(
      "figure",
      {},
      h("img", { src: fileAddress(file, { view: true }), alt: file.alt_txt || name }),
      h(
        "figcaption",
        {},
        name,
        h(
          "a",
          { class: "tool", href: fileAddress(file), download: file.name, "aria-label": "Download" },
          icon("download"),
        ),
        close,
      ),
    ),
    { label: name, className: "lightbox" },
  );
  close.addEventListener("click", () => dialog.close());
  dialog.node.addEventListener("click", (event) => event.target === dialog.node && dialog.close());
  close.focus();
}
