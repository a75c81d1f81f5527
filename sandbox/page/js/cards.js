/** Blocks that group others: card, carousel, container, alert, video. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { linkNode } from "./mrkdwn.js";
import { isLocal, picture } from "./pictures.js";
import { richText } from "./richtext.js";
import { textNode } from "./text.js";

/**
 * @param {Object} block
 * @param {(elements: Object[]) => HTMLElement} actions draws its buttons
 * @returns {HTMLElement}
 */
export function cardBlock(block, actions) {
  return h(
    "article",
    { class: "card" },
    block.hero_image && picture(block.hero_image, "card-hero"),
    h(
      "div",
      { class: "card-in" },
      (block.icon || block.title || block.subtitle) &&
        h(
          "div",
          { class: "card-top" },
          block.icon && picture(block.icon, "card-icon"),
          h(
            "div",
            {},
            block.title && h("div", { class: "card-title" }, textNode(block.title)),
            block.subtitle && h("div", { class: "card-subtitle" }, textNode(block.subtitle)),
          ),
        ),
      block.body && h("div", {}, textNode(block.body)),
      block.actions?.length > 0 && actions(block.actions),
    ),
  );
}

/** @param {HTMLElement[]} cards @returns {HTMLElement} */
export function carousel(cards) {
  return h("div", { class: "carousel", tabIndex: 0, role: "group", "aria-label": "Cards" }, cards);
}

/** @param {Object} block @param {HTMLElement[]} children @returns {HTMLElement} */
export function container(block, children) {
  const title = [
    block.icon && picture(block.icon, "card-icon"),
    h(
      "div",
      {},
      block.rich_text_title ? richText(block.rich_text_title) : block.title && textNode(block.title),
      block.subtitle && h("small", {}, textNode(block.subtitle)),
    ),
  ];
  const data = { width: block.width ?? "standard" };
  if (!block.is_collapsible) {
    const ruled = block.has_header_divider ? " ruled" : "";
    return h(
      "section",
      { class: "container", data },
      h("div", { class: `container-head${ruled}` }, title),
      children,
    );
  }
  const open = !block.default_collapsed;
  return h(
    "details",
    { class: "container", data, open },
    h("summary", { class: "container-head" }, title),
    children,
  );
}

const ALERT_ICONS = { info: "info", success: "check", warning: "warn", error: "warn", default: "info" };

/** @param {Object} block @returns {HTMLElement} */
export function alertBlock(block) {
  const level = Object.hasOwn(ALERT_ICONS, block.level ?? "") ? block.level : "default";
  return h(
    "div",
    { class: `alert-block alert-${level}`, role: "note" },
    icon(ALERT_ICONS[level]),
    h("div", {}, textNode(block.text)),
  );
}

/** @param {Object} block @returns {HTMLElement} a still with a link: nothing is played from elsewhere */
export function videoBlock(block) {
  const maker = [block.provider_name, block.author_name].filter(Boolean).join(" · ");
  const title = textNode(block.title);
  return h(
    "div",
    { class: "video" },
    maker && h("small", {}, maker),
    h("div", { class: "video-title" }, block.title_url ? linkNode(block.title_url, title) : title),
    block.description && h("div", {}, textNode(block.description)),
    h(
      "a",
      {
        class: "video-frame",
        href: /^https:\/\//iu.test(block.video_url) ? block.video_url : null,
        target: "_blank",
        rel: "noreferrer noopener",
        "aria-label": block.alt_text,
        title: block.alt_text,
      },
      isLocal(block.thumbnail_url ?? "") && h("img", { src: block.thumbnail_url, alt: "" }),
      h("span", { class: "video-play" }, icon("play")),
    ),
  );
}
