/** Which finals a screen reader or a braille display is given, as the attributes `announce` and `braille` say. */

import { BrailleRegion, CaptionVoice, spokenText } from "./caption-voice.js";

export class ElementVoice {
  #host;
  #parts;
  #line;
  #voice;
  #braille = null;

  /**
   * @param {HTMLElement} host  @param {Record<string, HTMLElement>} parts
   * @param {(utterance: string) => {name: string, text: string, words: object} | null} line as it is now; null if gone
   */
  constructor(host, parts, line) {
    this.#host = host;
    this.#parts = parts;
    this.#line = line;
    this.#voice = new CaptionVoice(parts.log, (utterance) => this.#spoken(utterance));
  }

  get hasBraille() { return this.#braille !== null; }

  /** A new final: to one of them, never to both. */
  push(utterance) {
    if (this.#braille) this.#braille.push(this.#spoken(utterance));
    else if (this.#host.getAttribute("announce") === "finals") this.#voice.push(utterance);
  }

  nextLine() {
    this.#braille?.next();
  }

  set pace(attribute) {
    if (this.#braille) this.#braille.pace = attribute;
  }

  /** @param {number | null} cells null: no braille  @param {object} words */
  brailleIs(cells, words) {
    if (cells === null) {
      this.#braille?.stop();
      this.#braille?.node.remove();
      this.#braille = null;
      return;
    }
    if (!this.#braille) {
      this.#braille = new BrailleRegion();
      this.#braille.pace = this.#host.getAttribute("braille-pace");
      this.#parts.base.append(this.#braille.node);
    }
    this.#braille.cells = cells;
    this.name(words);
  }

  name(words) {
    this.#braille?.name(words);
  }

  stop() {
    this.#voice.stop();
    this.#braille?.stop();
  }

  #spoken(utterance) {
    const line = this.#line(utterance);
    return line === null ? "" : `${line.name ? `${line.name}: ` : ""}${spokenText(line.text, line.words)}`;
  }
}
