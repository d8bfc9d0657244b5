/** Saving what is on the page: a row of formats, and the file. */

import { EXPORT_TYPES, exportName, exportTranscript } from "./caption-exports.js";
import { button, make, nameButton } from "./caption-shell.js";

/** How long a browser may take to begin a download before its address is given back. */
const DOWNLOAD_MS = 10_000;

/** Hands a transcript to the browser as a file. @returns {boolean} whether that could be done */
export function saveTranscript(transcript, format) {
  try {
    const blob = new Blob([exportTranscript(transcript, format)], { type: EXPORT_TYPES[format] });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = exportName(transcript, format);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), DOWNLOAD_MS);
    return true;
  } catch {
    return false;
  }
}

export class SaveMenu {
  #buttons = {};

  /** @param {(format: string) => void} save  @param {() => void} closed without saving: the focus was inside */
  constructor(save, closed) {
    this.node = make("div", "save-menu", { role: "group", hidden: "" });
    for (const format of Object.keys(EXPORT_TYPES)) {
      const node = button("save-as");
      node.addEventListener("click", () => {
        this.node.hidden = true;
        save(format);
      });
      this.#buttons[format] = node;
      this.node.append(node);
    }
    this.node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.node.hidden = true;
      closed();
    });
  }

  get isOpen() { return !this.node.hidden; }

  toggle() {
    this.node.hidden = !this.node.hidden;
    if (this.isOpen) this.#buttons.txt.focus();
  }

  name(words) {
    this.node.setAttribute("aria-label", words.export);
    for (const [format, node] of Object.entries(this.#buttons)) nameButton(node, format.toUpperCase());
  }
}
