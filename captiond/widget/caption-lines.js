/**
 * Draws a feed's items into one list, by `textContent` only. Touches what changed and nothing else: a line that is
 * laid out and did not change keeps its nodes, so nothing flickers and a reader's selection stays.
 */

import { MASK_NAMES, textRuns } from "./caption-text.js";

export class CaptionLines {
  #rows = new Map(); // utterance id or gap index -> {node, item, ...}
  #list;
  #words;

  /** @param {HTMLElement} list  @param {object} words see WORDS in live-captions-element.js */
  constructor(list, words) {
    this.#list = list;
    this.#words = words;
  }

  /** Forgets all rows, so that the next draw makes them anew (new labels). */
  clear() {
    this.#rows.clear();
    this.#list.replaceChildren();
  }

  /**
   * Makes the list show `items`.
   * @param {object[]} items of a CaptionFeed
   * @param {(channel: string) => string} label a speaker's name; "" for none
   */
  draw(items, label) {
    const seen = new Set();
    let before = null;
    let channel = null;
    for (const item of items) {
      const key = item.kind === "gap" ? `gap ${item.index}` : `caption ${item.utterance}`;
      seen.add(key);
      let row = this.#rows.get(key);
      if (!row) {
        row = item.kind === "gap" ? this.#gapRow(item) : this.#captionRow(item, label(item.channel));
        this.#rows.set(key, row);
      }
      if (item.kind === "caption") {
        if (row.item !== item || !row.drawn) this.#drawCaption(row, item);
        // A speaker is named when the voice changes; a screen reader is told with every line.
        row.speaker?.classList.toggle("unseen", channel === item.channel);
        channel = item.channel;
      } else {
        channel = null;
      }
      const next = before ? before.nextSibling : this.#list.firstChild;
      if (next !== row.node) this.#list.insertBefore(row.node, next);
      before = row.node;
    }
    for (const [key, row] of this.#rows) {
      if (seen.has(key)) continue;
      row.node.remove();
      this.#rows.delete(key);
    }
  }

  #gapRow(gap) {
    const node = element("li", "gap", "gap");
    node.dataset.cause = gap.cause;
    node.textContent = this.#words.gap(gap.lost);
    return { node, item: gap };
  }

  #captionRow(caption, name) {
    const node = element("li", "line", "line");
    node.dataset.utterance = caption.utterance;
    node.dataset.channel = caption.channel;
    let speaker = null;
    if (name) {
      speaker = element("span", "speaker", "speaker");
      speaker.textContent = name;
      node.append(speaker);
    }
    const text = element("span", "text", "text");
    text.dir = "auto";
    node.append(text);
    return { node, speaker, text, item: caption, drawn: null };
  }

  #drawCaption(row, caption) {
    row.item = caption;
    row.node.dataset.state = caption.final ? (caption.held ? "held" : "final") : "open";
    row.node.part.toggle("open", !caption.final);
    row.node.part.toggle("held", caption.held);
    if (caption.language) row.text.lang = caption.language;
    const runs = textRuns(caption.text, caption.final ? Infinity : caption.stableLength);
    const drawn = row.drawn ?? [];
    runs.forEach((run, at) => {
      const old = drawn[at];
      if (old && old.mask === run.mask && (run.mask !== null || old.settled === run.settled)) {
        if (old.text !== run.text) old.node.firstChild.data = run.text;
        run.node = old.node;
        return;
      }
      run.node = run.mask === null ? this.#wordsNode(run) : this.#maskNode(run);
      if (old) old.node.replaceWith(run.node);
      else row.text.append(run.node);
    });
    for (const old of drawn.slice(runs.length)) old.node.remove();
    row.drawn = runs;
  }

  #wordsNode(run) {
    const name = run.settled ? "settled" : "tentative";
    const node = element("span", name, name);
    node.textContent = run.text;
    return node;
  }

  #maskNode(run) {
    const open = run.mask === "open";
    const node = element("span", open ? "mask open" : "mask closed", open ? "mask mask-open" : "mask mask-closed");
    node.dataset.mask = open ? "open" : run.mask;
    node.textContent = open ? "\u2022\u2022\u2022" : MASK_NAMES[run.mask];
    const said = open ? this.#words.openMask : this.#words.closedMask(MASK_NAMES[run.mask]);
    node.setAttribute("role", "img");
    node.setAttribute("aria-label", said);
    node.title = said;
    return node;
  }
}

function element(tag, classes, parts) {
  const node = document.createElement(tag);
  node.className = classes;
  node.setAttribute("part", parts);
  return node;
}
