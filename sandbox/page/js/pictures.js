/** Pictures in blocks. Those from elsewhere are not fetched: the page works without any network. */

import { pictureAddress, fileAddress } from "./api.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { linkNode } from "./mrkdwn.js";

/**
 * @param {{image_url?: string, slack_file?: {id?: string, url?: string}, alt_text?: string}} element
 * @param {string} className
 * @returns {HTMLElement} a picture of this workspace, or where one from elsewhere is
 */
export function picture(element, className) {
  const url = addressOf(element);
  if (isLocal(url))
    return h("img", { class: className, src: url, alt: element.alt_text ?? "", loading: "lazy" });
  return h(
    "span",
    { class: `${className} picture-away` },
    icon("image"),
    url ? linkNode(url, element.alt_text || url) : element.alt_text,
  );
}

/** @param {string} url @returns {boolean} whether the page may load it */
export function isLocal(url) {
  return (
    /^\/(?!\/)/u.test(url) ||
    url.startsWith(`${location.origin}/`) ||
    /^data:image\/(?:png|jpeg|gif|webp);/u.test(url)
  );
}

function addressOf({ image_url: url, slack_file: file }) {
  if (file?.id) return pictureAddress(file.id);
  if (file?.url) return isLocal(file.url) ? fileAddress({ url_private: file.url }, { view: true }) : file.url;
  if (!url) return "";
  return url.startsWith(`${location.origin}/files-pri/`)
    ? fileAddress({ url_private: url }, { view: true })
    : url;
}
