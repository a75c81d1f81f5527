/** Line icons, drawn as SVG in a 20 x 20 box. */

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  hash: "M7.5 3 6 17M14 3l-1.5 14M3.5 7.5h13.5M3 12.5h13.5",
  lock: "M5.5 9h9a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1ZM6.8 9V6.2a3.2 3.2 0 0 1 6.4 0V9",
  thread:
    "M4 3.5h12A1.5 1.5 0 0 1 17.5 5v7.5A1.5 1.5 0 0 1 16 14h-6l-4 3.2V14H4a1.5 1.5 0 0 1-1.5-1.5V5A1.5 1.5 0 0 1 4 3.5ZM6 7.5h8M6 10.5h5",
  smile: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15ZM7.3 7.6v.6M12.7 7.6v.6M6.6 11.7c1.8 2.6 5 2.6 6.8 0",
  more: "M10 4.4v.2M10 9.9v.2M10 15.4v.2",
  close: "M5 5l10 10M15 5 5 15",
  send: "M3.5 4 17 10 3.5 16l1.8-6-1.8-6ZM5.5 10H11",
  menu: "M3 5.5h14M3 10h14M3 14.5h14",
  chevron: "M5.5 8 10 12.5 14.5 8",
  back: "M12 4.5 6.5 10l5.5 5.5",
  check: "M4.5 10.5 8.3 14.3 15.8 6",
  plus: "M10 4v12M4 10h12",
  bolt: "M11.2 2.5 4.5 11.3h4.8l-.8 6.2 6.9-9h-5l.8-6Z",
  edit: "M4 16l.8-3.4 8.4-8.4a1.5 1.5 0 0 1 2.1 0l.5.5a1.5 1.5 0 0 1 0 2.1l-8.4 8.4L4 16Z",
  trash: "M4 6h12M8 6V4h4v2M5.5 6l.8 10.5h7.4L14.5 6",
  link: "M8.5 11.5a3 3 0 0 0 4.3 0l2.6-2.6a3 3 0 0 0-4.3-4.3l-1 1M11.5 8.5a3 3 0 0 0-4.3 0l-2.6 2.6a3 3 0 0 0 4.3 4.3l1-1",
  eye: "M2 10c3.3-5.6 12.7-5.6 16 0-3.3 5.6-12.7 5.6-16 0ZM10 7.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4Z",
  at: "M13 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0Zm0 0v1.2a2 2 0 0 0 4 0V10a7 7 0 1 0-2.8 5.6",
  home: "M3 9.5 10 3.5l7 6M5 8.2V16h3.6v-4h2.8v4H15V8.2",
  down: "M10 4v11M5.5 10.8 10 15.3l4.5-4.5",
  window: "M4 4h5M4 4v12h12v-5M11.5 3.5h5v5M16 4l-6.5 6.5",
  switch: "M4 7h11M12 4l3 3-3 3M16 13H5M8 10l-3 3 3 3",
  warn: "M10 3 17.5 16.5h-15L10 3ZM10 8v4M10 14.2v.2",
  emojiPlus:
    "M15.5 9.2a7 7 0 1 1-5.6-6M7 7.8v.5M11.6 7.8v.5M6.3 11.3c1.6 2.4 4.6 2.4 6.2 0M15.5 2.5v5M13 5h5",
  clip: "M14.8 9.3 9.6 14.5a3.2 3.2 0 0 1-4.6-4.6l6-6a2.1 2.1 0 0 1 3 3l-5.7 5.8a1 1 0 0 1-1.5-1.5l5-5",
  file: "M5.5 2.5h6l3.5 3.5v11.5h-9.5zM11.5 2.5V6H15M8 10h4.5M8 13h4.5",
  image: "M3.5 4h13v12h-13zM3.5 13l4-4 3.5 3.5 2-2 3.5 3.5M12.8 7.6v.2",
};

/**
 * An icon that assistive technology skips; the control around it carries the name.
 * @param {keyof PATHS} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
