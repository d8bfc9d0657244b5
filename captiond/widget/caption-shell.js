/** The nodes of <live-captions>, made once, without markup: parts by name, empty. */

/** Makes a node whose class and part are `name`. */
export function make(tag, name, attributes = {}, ...children) {
  const node = document.createElement(tag);
  if (name) {
    node.className = name;
    node.setAttribute("part", name);
  }
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const SVG = "http://www.w3.org/2000/svg";
/** Paths on a field of 24 by 24, drawn with a line of 2. */
const ICONS = {
  pause: ["M8 5v14", "M16 5v14"],
  resume: ["M7 4.5v15l12-7.5z"],
  search: ["M10.5 4a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13", "M15.5 15.5L21 21"],
  mark: ["M7 3.5h10v17l-5-4.5l-5 4.5z"],
  "to-mark": ["M13 3.5h7v14l-3.5-3l-3.5 3z", "M3 11h7", "M7 7.5l3.5 3.5l-3.5 3.5"],
  settings: ["M4 7h9", "M19 7h1", "M16 4.5v5", "M4 17h1", "M11 17h9", "M8 14.5v5"],
  export: ["M12 4v11", "M7.5 10.5l4.5 4.5l4.5-4.5", "M5 20h14"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  next: ["M6 9l6 6l6-6"],
  previous: ["M6 15l6-6l6 6"],
};

/** A drawing that says nothing by itself: the button it stands in has words. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  for (const d of ICONS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

/** A button of words and, where `picture` is given, an icon that stays when there is no room for the words. */
export function button(name, picture) {
  const words = document.createElement("span");
  words.className = "words";
  const node = make("button", name, { type: "button" }, ...(picture ? [icon(picture)] : []), words);
  return node;
}

/** Gives a button another picture. */
export function depict(node, picture) {
  if (node.dataset.picture === picture) return;
  node.dataset.picture = picture;
  node.querySelector(".icon").replaceWith(icon(picture));
}

/** Gives a button its words: seen, heard and on hovering. */
export function nameButton(node, text, key = "") {
  setText(node.querySelector(".words"), text);
  if (node.getAttribute("aria-label") !== text && node.querySelector(".icon")) node.setAttribute("aria-label", text);
  const title = key ? `${text} (${key})` : text;
  if (node.title !== title) node.title = title;
}

/** Fills a shadow root. @returns {Record<string, HTMLElement>} the parts by name */
export function makeShell(root) {
  const base = make("div", "base");
  const bar = make("div", "bar");
  const delay = make("p", "delay", { hidden: "" });
  // Not a live region: text that still changes would be read again with every change.
  const viewport = make("div", "viewport", { role: "region", tabindex: "0" });
  const earlier = make("div", "earlier", { hidden: "" });
  const earlierWords = make("span", "");
  const showEarlier = button("show-earlier");
  const empty = make("p", "empty", { hidden: "" });
  const list = make("ul", "list", { role: "list" });
  const notice = make("p", "notice", { hidden: "" });
  const status = make("div", "status", { role: "status" });
  const back = make("button", "back", { type: "button", hidden: "" });
  const log = make("div", "log", { role: "log" });
  log.classList.add("unseen");
  earlier.append(earlierWords, showEarlier);
  viewport.append(earlier, empty, list);
  bar.append(delay);
  base.append(bar, viewport, notice, status, back, log);
  root.replaceChildren(base);
  return { base, bar, delay, viewport, earlier, earlierWords, showEarlier, empty, list, notice, status, back, log };
}
