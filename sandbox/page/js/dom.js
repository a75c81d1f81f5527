/** Building page elements without ever parsing text as HTML. */

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "tabIndex", "textContent", "selected"]);

/**
 * Make an element. Text children become text nodes; `null`, `undefined` and `false` are left out.
 * @param {string} tag
 * @param {Object} [props] attributes; `on` holds listeners, `data` the dataset, `style` CSS properties
 * @param {...(Node|string|number|null|undefined|false|Array)} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props ?? {})) setProp(node, key, value);
  append(node, children);
  return node;
}

function setProp(node, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key === "on") {
    for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
  } else if (key === "data") {
    Object.assign(node.dataset, value);
  } else if (key === "style") {
    for (const [name, setting] of Object.entries(value)) node.style.setProperty(name, setting);
  } else if (PROPERTIES.has(key)) {
    node[key] = value;
  } else {
    node.setAttribute(key, value === true ? "" : String(value));
  }
}

/**
 * Append children, flattening arrays.
 * @param {Node} node
 * @param {Array} children
 */
export function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
}

/**
 * Bring the children of `parent` into the given order, moving as few nodes as possible, so that
 * focus and half-filled controls in untouched children survive.
 * @param {Element} parent
 * @param {Node[]} nodes
 */
export function reconcile(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  let cursor = parent.firstChild;
  for (const node of nodes) {
    if (node === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(node, cursor);
  }
}

/**
 * Run `change`, then put the focus back on the control with the same `data-key` if the change
 * replaced the focused one; where keys are made anew, on the one in the same place with the same words.
 * @param {Element} root
 * @param {() => void} change
 */
export function keepFocus(root, change) {
  const focused = root.contains(document.activeElement) ? document.activeElement : null;
  const key = focused?.dataset.key;
  const keyed = () => [...root.querySelectorAll("[data-key]")];
  const at = key ? keyed().indexOf(focused) : -1;
  change();
  if (!key || root.contains(document.activeElement)) return;
  const inPlace = keyed()[at];
  const same =
    root.querySelector(`[data-key="${CSS.escape(key)}"]`) ??
    (inPlace?.textContent === focused.textContent ? inPlace : null);
  same?.focus({ preventScroll: true });
}

/** What waits to be drawn until the pointer is up: a click is lost if its button is replaced under it. */
const held = new Set();
let pressed = false;

document.addEventListener("pointerdown", () => (pressed = true), true);
for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, letGo, true);
window.addEventListener("blur", letGo);

function letGo() {
  // The click itself comes right after the pointer is up.
  setTimeout(() => {
    pressed = false;
    const runs = [...held];
    held.clear();
    for (const run of runs) run();
  });
}

/**
 * Many changes, one drawing: the returned function draws once, soon after the last moment it was called,
 * and not while a pointer is down.
 * @param {() => void} draw
 * @returns {() => void}
 */
export function soon(draw) {
  let waiting = false;
  const run = () => {
    if (pressed) {
      held.add(run);
      return;
    }
    waiting = false;
    draw();
  };
  return () => {
    if (waiting) return;
    waiting = true;
    if (document.hidden) setTimeout(run, 50);
    else requestAnimationFrame(run);
  };
}

let counter = 0;

/**
 * A document-unique id for aria references.
 * @param {string} prefix
 * @returns {string}
 */
export function uid(prefix) {
  counter += 1;
  return `${prefix}-${counter}`;
}
