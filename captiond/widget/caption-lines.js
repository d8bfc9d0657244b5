/**
 * Draws items into one list, by `textContent` only. Touches what changed and nothing else: a line that did not change
 * keeps its nodes, so nothing flickers and a reader's selection stays. A caption that grows keeps its line breaks
 * (caption-breaks.js): what is laid out is not laid out anew because a word elsewhere changed.
 */

import { carryBreaks, wordsOf } from "./caption-breaks.js";
import { directionOf } from "./caption-direction.js";
import { keyOf } from "./caption-reader.js";
import { textRuns } from "./caption-text.js";

/** Two words stand in one line if their middles differ by less than this part of a letter's height: masks are smaller. */
const SAME_LINE = 0.6;

export class CaptionLines {
  #rows = new Map(); // key -> {node, item, ...}
  #list;
  #words;

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
  }

  /** Forgets all rows, so that the next draw makes them anew (other labels, other words). */
  clear() {
    this.#rows.clear();
    this.#list.replaceChildren();
  }

  /**
   * Makes the list show `items`.
   * @param {object[]} items of a CaptionReader
   * @param {{label: (channel: string) => string, words: object}} how a speaker's name, "" for none; interface words
   */
  draw(items, { label, words }) {
    this.#words = words;
    const seen = new Set();
    const changed = [];
    let before = null;
    let channel; // undefined: nothing stands above
    for (const item of items) {
      const key = keyOf(item);
      seen.add(key);
      let row = this.#rows.get(key);
      const made = !row;
      if (made) {
        row = item.kind === "caption" ? this.#captionRow(item, label(item.channel)) : this.#noteRow(item);
        this.#rows.set(key, row);
      }
      if (item.kind === "caption") {
        if (made || row.item !== item) {
          this.#drawCaption(row, item);
          changed.push(row);
        }
        // A speaker is named when the voice changes; a screen reader is told with every line. What stands first because
        // the lines above it went stays as it was.
        if (made || channel !== undefined) row.speaker?.classList.toggle("unseen", channel === item.channel);
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
    for (const row of changed) this.#keepLines(row); // after all writing: one layout
  }

  /** The width or the letters are others: lines are broken anew. */
  relayout() {
    for (const row of this.#rows.values()) {
      if (!row.breaks?.length) continue;
      row.breaks = [];
      this.#drawCaption(row, row.item);
      this.#keepLines(row);
    }
  }

  /** The row of a line that is drawn: its node, or null. */
  nodeOf(key) {
    return this.#rows.get(key)?.node ?? null;
  }

  /** The lines that are drawn, in order: {key, node, text}; `text` as a reader sees it, masks by their names. */
  get drawn() {
    const lines = [];
    for (const [key, { item, node, text }] of this.#rows) {
      if (item.kind === "caption") lines.push({ key, node, text: text.textContent });
    }
    return lines;
  }

  /** A range over UTF-16 offsets of a drawn line's text; null where they are not there (any more). */
  range(key, start, end) {
    const row = this.#rows.get(key);
    if (!row?.text) return null;
    const range = document.createRange();
    let at = 0;
    let begun = false;
    for (const { node } of row.drawn) {
      const letters = node.firstChild;
      if (letters === null) continue; // a break
      if (!begun && start < at + letters.length) {
        range.setStart(letters, start - at);
        begun = true;
      }
      if (begun && end <= at + letters.length) {
        range.setEnd(letters, end - at);
        return range;
      }
      at += letters.length;
    }
    return null;
  }

  #noteRow(item) {
    const words = this.#words;
    const name = item.kind === "gap" ? "gap" : "gap missed";
    const node = element("li", name, name);
    if (item.kind === "gap") {
      node.dataset.cause = item.cause;
      node.textContent = words.gap(item.lost);
    } else node.textContent = item.lines === null ? words.missedUnknown : words.missed(item.lines);
    return { node, item };
  }

  #captionRow(caption, name) {
    const node = element("li", "line", "line");
    node.dataset.utterance = caption.utterance;
    node.dataset.channel = caption.channel;
    let speaker = null;
    if (name) {
      speaker = element("span", "speaker", "speaker");
      const isolated = document.createElement("bdi"); // an Arabic name must not turn an English line, nor its colon
      isolated.textContent = name;
      speaker.append(isolated);
      node.append(speaker, document.createElement("wbr")); // a line may be broken here before a word is
    }
    const text = element("bdi", "text", "text");
    node.append(text);
    return { node, speaker, text, item: caption, drawn: [], words: [], breaks: [] };
  }

  #drawCaption(row, caption) {
    const words = wordsOf(caption.text);
    row.breaks = carryBreaks(row.breaks, row.words.map((word) => word.text), words.map((word) => word.text));
    row.words = words;
    row.item = caption;
    row.node.dataset.state = caption.final ? (caption.held ? "held" : "final") : "open";
    row.node.toggleAttribute("data-waiting", caption.waiting === true && caption.text === "");
    row.node.part.toggle("open", !caption.final);
    row.node.part.toggle("held", caption.held);
    row.node.dir = row.text.dir = directionOf(caption.text, caption.language);
    if (caption.language) row.text.lang = caption.language;
    const runs = textRuns(caption.text, caption.final ? Infinity : caption.stableLength);
    const pieces = cutAt(runs, row.breaks.map((at) => words[at].start));
    pieces.forEach((piece, at) => {
      const old = row.drawn[at];
      if (old && old.kind === piece.kind) {
        piece.node = old.node;
        write(old, piece);
        return;
      }
      piece.node = this.#pieceNode(piece);
      if (old) old.node.replaceWith(piece.node);
      else row.text.append(piece.node);
    });
    for (const old of row.drawn.slice(pieces.length)) old.node.remove();
    row.drawn = pieces;
  }

  #pieceNode(piece) {
    if (piece.mask !== null && piece.mask !== undefined) return this.#maskNode(piece.mask);
    const node = element("span", piece.kind, piece.kind === "break" ? "" : piece.kind);
    if (piece.kind !== "break") node.append(document.createTextNode(piece.text));
    return node;
  }

  #maskNode(mask) {
    const open = mask === "open";
    const name = this.#words.masks[mask];
    const node = element("span", open ? "mask open" : "mask closed", open ? "mask mask-open" : "mask mask-closed");
    node.dataset.mask = mask;
    node.textContent = open ? "\u2022\u2022\u2022" : name;
    const said = open ? this.#words.openMask : this.#words.closedMask(name);
    node.setAttribute("role", "img");
    node.setAttribute("aria-label", said);
    node.title = said;
    return node;
  }

  /** Sees whether the kept lines still hold their words, and keeps those that have been filled since. */
  #keepLines(row) {
    if (row.words.length === 0 || row.node.clientHeight === 0) return; // nothing, or not to be seen
    const starts = [0, ...row.breaks];
    for (let line = 0; line < row.breaks.length; line += 1) {
      if (this.#sameLine(row, starts[line], starts[line + 1] - 1)) continue;
      row.breaks = row.breaks.slice(0, line); // a longer word no longer fits: from here on it is laid out anew
      this.#drawCaption(row, row.item);
      break;
    }
    if (row.item.final && !row.item.held) return; // it will not grow
    let from = row.breaks.at(-1) ?? 0;
    const found = [];
    for (let at = from + 1; at < row.words.length; at += 1) {
      if (this.#sameLine(row, from, at)) continue;
      found.push(at);
      from = at;
    }
    row.breaks = [...row.breaks, ...found]; // the browser broke there itself: drawn with the next revision
  }

  #sameLine(row, one, other) {
    const [a, b] = [this.#box(row, one), this.#box(row, other)];
    return a === null || b === null || Math.abs((a.top + a.bottom - b.top - b.bottom) / 2) < SAME_LINE * a.height;
  }

  /** Where the first letter of a word stands. */
  #box(row, at) {
    const { start } = row.words[at];
    const piece = row.drawn.findLast((one) => one.kind !== "break" && one.from <= start);
    if (!piece) return null;
    if (piece.mask !== null) return piece.node.getClientRects()[0] ?? null;
    const range = document.createRange();
    range.setStart(piece.node.firstChild, start - piece.from);
    range.setEnd(piece.node.firstChild, Math.min(start - piece.from + 1, piece.node.firstChild.length));
    return range.getClientRects()[0] ?? null;
  }
}

/** Runs with where they begin, words cut where a line begins, and a `break` before each such place. */
function cutAt(runs, offsets) {
  const pieces = [];
  let at = 0;
  let next = 0;
  for (const run of runs) {
    const end = at + run.text.length;
    const kind = run.mask === null ? (run.settled ? "settled" : "tentative") : `mask ${run.mask}`;
    while (at < end) {
      if (offsets[next] === at) {
        pieces.push({ kind: "break" });
        next += 1;
      }
      const to = run.mask === null && offsets[next] < end ? offsets[next] : end;
      const begin = end - run.text.length;
      pieces.push({ kind, mask: run.mask, from: at, text: run.text.slice(at - begin, to - begin) });
      at = to;
    }
  }
  return pieces;
}

/** Grown text is appended: a selection or a mark in what was there stays. */
function write(old, piece) {
  if (piece.kind === "break" || piece.mask !== null || old.text === piece.text) return;
  const letters = piece.node.firstChild;
  if (piece.text.startsWith(old.text)) letters.appendData(piece.text.slice(old.text.length));
  else letters.data = piece.text;
}

function element(tag, classes, parts) {
  const node = document.createElement(tag);
  node.className = classes;
  if (parts) node.setAttribute("part", parts);
  return node;
}
