/** Puts the style sheets on a shadow root, and the viewer's settings over them. */

import { ownColors, settingsStyle } from "./caption-settings.js";
import { READING_STYLE } from "./reading-style.js";
import { STYLE } from "./live-captions-style.js";

/** Shipped beside the widget, SIL OFL; a face of fonts is the document's, not a shadow root's. */
const FACE = "Captions OpenDyslexic";
let face = null;

/** One sheet for all elements of the page. */
let shared = null;

export class LookOfSettings {
  #sheet = new CSSStyleSheet();

  /** @param {ShadowRoot} root */
  constructor(root) {
    if (shared === null) {
      shared = new CSSStyleSheet();
      shared.replaceSync(STYLE + READING_STYLE);
    }
    root.adoptedStyleSheets = [shared, this.#sheet];
  }

  /** @param {object} settings  @param {string} address of the daemon, "" if not known  @param {(HTMLElement | undefined)[]} nodes drawn with them */
  apply(settings, address, nodes) {
    const style = Object.entries(settingsStyle(settings)).map(([name, value]) => `${name}: ${value};`);
    this.#sheet.replaceSync(style.length > 0 ? `.base, .panel { ${style.join(" ")} }` : "");
    for (const node of nodes) node?.classList.toggle("own-colors", ownColors(settings));
    if (settings.font === "dyslexia") loadFace(address);
  }
}

/** Once for the page. Where it cannot be had (offline, a policy against fonts) the next of the list is taken. */
function loadFace(address) {
  if (face !== null || !globalThis.FontFace) return;
  const url = new URL("static/opendyslexic-regular.woff2", address || document.baseURI);
  face = new FontFace(FACE, `url(${JSON.stringify(url.href)}) format("woff2")`, { display: "swap" });
  document.fonts.add(face);
  face.load().catch(() => {
    document.fonts.delete(face);
  });
}
