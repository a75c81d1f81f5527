/** What the select menus of Block Kit offer. */

import { h } from "./dom.js";
import { avatar, nameOf } from "./people.js";
import { state } from "./store.js";
import { textNode } from "./text.js";

/** @typedef {import("./select.js").Option} Option */

/** @param {Object} option of Block Kit @param {string} [group] @returns {Option} */
function asOption(option, group) {
  return {
    value: option.value,
    label: option.text.text,
    node: () => textNode(option.text),
    description: option.description?.text,
    group,
  };
}

/** @param {{options?: Object[], option_groups?: Object[]}} offered @returns {Option[]} */
export function optionsOf(offered) {
  const groups = offered.option_groups ?? [{ options: offered.options ?? [] }];
  return groups.flatMap((group) => group.options.map((option) => asOption(option, group.label?.text)));
}

/** @param {Object} element @returns {Option[]} the options an element starts with */
export function initialOptions(element) {
  const initial = element.initial_options ?? (element.initial_option ? [element.initial_option] : []);
  return initial.map((option) => asOption(option));
}

/** @returns {Option[]} */
export function peopleOptions() {
  return [...state.users.values()]
    .filter((user) => !user.is_bot)
    .map((user) => ({
      value: user.id,
      label: nameOf(user),
      node: () => [avatar(user, "small"), nameOf(user)],
    }));
}

/** @returns {Option[]} public channels */
export function channelOptions() {
  return places((channel) => !channel.is_private && !channel.is_im);
}

/** @param {{filter?: {include?: string[]}}} element @returns {Option[]} */
export function conversationOptions({ filter }) {
  const include = new Set(filter?.include ?? ["public", "private", "im"]);
  return places((channel) => include.has(channel.is_im ? "im" : channel.is_private ? "private" : "public"));
}

function places(fits) {
  return [...state.channels.values()]
    .filter((channel) => fits(channel) && !channel.is_archived)
    .map((channel) => {
      const label = channel.is_im ? state.app.name : `${channel.is_private ? "🔒 " : "#"}${channel.name}`;
      return { value: channel.id, label, node: () => h("span", {}, label) };
    });
}
