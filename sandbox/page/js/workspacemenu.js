/** The menu of the whole workspace: who you are, how the page looks, its keys. */

import { icon } from "./icons.js";
import { openKeys } from "./keys.js";
import { openMenu } from "./popup.js";
import { state } from "./store.js";
import { openPeople } from "./switching.js";

/** @param {Element} anchor */
export function openWorkspaceMenu(anchor) {
  const theme = localStorage.getItem("theme") ?? "";
  const look = (value, label) => ({
    label,
    checked: theme === value,
    run: () => {
      localStorage.setItem("theme", value);
      document.documentElement.dataset.theme = value;
    },
  });
  openMenu(
    anchor,
    [
      { heading: `${state.team.name} · a workspace on this machine` },
      {
        label: [icon("switch"), "Be somebody else…"],
        run: () => openPeople(anchor),
      },
      { label: [icon("keyboard"), "Keyboard shortcuts"], hint: "Ctrl /", run: openKeys },
      "line",
      { heading: "Colours" },
      look("", "As the system has it"),
      look("light", "Light"),
      look("dark", "Dark"),
    ],
    { label: "Workspace menu" },
  );
}
