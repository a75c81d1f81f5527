/** Block Kit text objects → elements. */

import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { mrkdwn } from "./mrkdwn.js";

/**
 * @param {{type: "plain_text"|"mrkdwn", text: string, emoji?: boolean}} object
 * @returns {Node|Array<Node|string>}
 */
export function textNode(object) {
  if (object.type === "mrkdwn") return mrkdwn(object.text);
  const lines = object.text.split("\n").map((line) => (object.emoji === false ? [line] : withEmoji(line)));
  return lines.flatMap((line, index) => (index > 0 ? [h("br"), ...line] : line));
}
