/** What a reader sees: earlier lines, pause, clearing, what a snapshot takes away. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { CaptionFeed } from "../../captiond/widget/caption-feed.js";
import { CaptionReader } from "../../captiond/widget/caption-reader.js";
import { Stabiliser } from "../../captiond/widget/caption-stability.js";

class Reader {
  constructor({ keepFinals = 3, keep = 2000 } = {}) {
    this.feed = new CaptionFeed({ keepFinals });
    this.reader = new CaptionReader(this.feed, { keep });
    this.index = 0;
    this.revisions = new Map();
    this.told = [];
    this.snapshot([]);
  }
  apply(message) {
    const told = this.reader.changed(this.feed.apply(message));
    if (told) this.told.push(told);
  }
  snapshot(captions, { epoch = "aaaaaaaa", earlierFinals = 0, gaps = [] } = {}) {
    const position = `${epoch}.${this.index}`;
    this.apply({ type: "welcome", position, recovered: false, state: "live" });
    this.apply({ type: "snapshot", position, captions, gaps, earlierFinals });
  }
  caption(utterance, text, extra = {}) {
    this.index += 1;
    const revision = (this.revisions.get(utterance) ?? 0) + 1;
    this.revisions.set(utterance, revision);
    return { type: "caption", index: this.index, utterance, revision, final: true, text, stableLength: 0, held: false, ...extra };
  }
  say(...given) { this.apply(this.caption(...given)); }
  partial(utterance, text) { this.say(utterance, text, { final: false }); }
  get shown() { return this.reader.items(this.feed.items).map((item) => item.text ?? `${item.kind} ${item.lost ?? item.lines}`); }
  pause() { this.reader.pause(this.reader.items(this.feed.items)); }
}

test("who follows sees the feed, who holds keeps what it drops, who is back at the end lets it go", () => {
  const one = new Reader();
  for (const text of ["1", "2", "3", "4"]) one.say(`u${text}`, text);
  assert.deepEqual(one.shown, ["2", "3", "4"]);
  assert.deepEqual([one.reader.earlier, one.reader.kept], [1, 1]);
  one.reader.holding = true;
  for (const text of ["5", "6"]) one.say(`u${text}`, text);
  assert.deepEqual(one.shown, ["2", "3", "4", "5", "6"]);
  assert.equal(one.reader.reveal(), true);
  assert.deepEqual(one.shown, ["1", "2", "3", "4", "5", "6"]);
  assert.equal(one.reader.earlier, 0);
  assert.equal(one.reader.reveal(), false);
  one.reader.holding = false;
  one.reader.atEnd();
  assert.deepEqual(one.shown, ["4", "5", "6"]);
  assert.equal(one.reader.earlier, 3);
});

test("what is kept is bounded", () => {
  const one = new Reader({ keep: 5 });
  one.reader.holding = true;
  for (let n = 0; n < 100; n += 1) one.say(`u${n}`, String(n));
  assert.equal(one.shown.length, 8);
  assert.equal(one.shown[0], "92");
  assert.equal(one.reader.earlier, 92);
});

test("a pause shows nothing new, keeps all of it, and a correction of what is shown", () => {
  const one = new Reader();
  one.say("u1", "card [...]", { held: true });
  one.partial("u2", "what is");
  one.pause();
  one.say("u1", "card [CC]");
  one.partial("u2", "what is your name");
  one.say("u2", "What is your name?");
  for (const text of ["3", "4", "5", "6"]) one.say(`u${text}`, text);
  assert.deepEqual(one.shown, ["card [CC]", "what is"]);
  one.reader.resume();
  assert.deepEqual(one.shown, ["card [CC]", "What is your name?", "3", "4", "5", "6"]);
});

test("a pause never keeps on the screen what a later revision masks or takes back", () => {
  const one = new Reader();
  one.partial("u1", "it is 41");
  one.partial("u2", "another");
  one.pause();
  one.partial("u1", "it is [...]");
  assert.deepEqual(one.shown, ["it is [...]", "another"]);
  one.index += 1;
  one.apply({ type: "retraction", index: one.index, utterance: "u2" });
  assert.deepEqual(one.shown, ["it is [...]"]);
  const two = new Reader();
  two.partial("u1", "card [...] and so on");
  two.pause();
  two.partial("u1", "card [...] and so much more");
  assert.deepEqual(two.shown, ["card [...] and so on"]);
});

test("after a lost line: what was there stays above, and how many lines never came is told", () => {
  const one = new Reader();
  one.say("u1", "1");
  one.say("u2", "2");
  one.partial("u3", "three, never finished here");
  const later = ["4", "5", "6", "7"].map((text) => one.caption(`u${text}`, text));
  one.reader.holding = true;
  one.snapshot(later.slice(2), { earlierFinals: 5 }); // 1 and 2 are known: 3, 4, 5 never came
  assert.deepEqual(one.told, [{ missed: 3 }]);
  assert.deepEqual(one.shown, ["1", "2", "missed 3", "6", "7"]);
  assert.equal(one.reader.earlier, 3);
  one.reader.recall(["1", "2", "3", "4", "5", "6"].map((text) => ({ kind: "caption", utterance: `u${text}`, final: true, text, firstIndex: -1 })));
  one.reader.reveal();
  assert.deepEqual(one.shown, ["1", "2", "3", "4", "5", "6", "7"]);
  assert.equal(one.reader.earlier, 0);
});

test("nothing missed is nothing told; another numbering tells that it is not known, and starts afresh", () => {
  const one = new Reader();
  one.say("u1", "1");
  const two = one.caption("u2", "2");
  one.snapshot([{ ...one.caption("u1", "1"), revision: 1 }, two]);
  assert.deepEqual(one.told, []);
  one.snapshot([two], { epoch: "bbbbbbbb", earlierFinals: 1 });
  assert.deepEqual(one.told, [{ missed: null }]);
  assert.deepEqual(one.shown, ["2"]);
});

test("a snapshot that brings back what the feed had dropped shows it once", () => {
  const one = new Reader({ keepFinals: 1 });
  one.reader.holding = true;
  const said = ["1", "2"].map((text) => one.caption(`u${text}`, text));
  for (const message of said) one.apply(message);
  one.snapshot(said);
  assert.deepEqual(one.shown, ["1", "2"]);
});

test("a pause outlasts a new numbering", () => {
  const one = new Reader();
  one.say("u1", "1");
  one.partial("u2", "two");
  one.pause();
  one.snapshot([one.caption("v1", "other")], { epoch: "bbbbbbbb" });
  assert.deepEqual(one.shown, ["1", "two"]);
  one.reader.resume();
  assert.deepEqual(one.shown, ["1", "two", "missed null", "other"]);
  one.reader.atEnd();
  assert.deepEqual(one.shown, ["other"]);
});

test("cleared lines are gone, an open one that goes on comes back, a correction does not bring its line back", () => {
  const one = new Reader();
  one.say("u1", "card [...]", { held: true });
  one.partial("u2", "and");
  one.reader.clear();
  assert.deepEqual(one.shown, []);
  one.say("u1", "card [CC]", { correction: true });
  one.partial("u2", "and so");
  assert.deepEqual(one.shown, ["and so"]);
  assert.equal(one.reader.earlier, 1);
  assert.equal(one.reader.reveal(), true);
  assert.deepEqual(one.shown, ["card [CC]", "and so"]);
});

test("gaps stay behind the line after which they were, also among recalled lines", () => {
  const one = new Reader({ keepFinals: 1 });
  one.reader.holding = true;
  one.say("u1", "1");
  one.index += 1;
  one.apply({ type: "gap", index: one.index, lost: 4, cause: "sequence" });
  one.say("u2", "2");
  one.say("u3", "3");
  assert.deepEqual(one.shown, ["1", "gap 4", "2", "3"]);
  one.reader.recall(["0", "1", "2", "3"].map((text) => ({ kind: "caption", utterance: `u${text}`, final: true, text, firstIndex: -1 })));
  one.reader.reveal();
  assert.deepEqual(one.shown, ["0", "1", "gap 4", "2", "3"]);
});

test("a mark far back is found and shown", () => {
  const one = new Reader({ keepFinals: 2 });
  for (const text of ["1", "2", "3", "4", "5"]) one.say(`u${text}`, text);
  assert.deepEqual(one.shown, ["4", "5"]);
  assert.equal(one.reader.revealTo("caption u2"), true);
  assert.deepEqual(one.shown, ["2", "3", "4", "5"]);
  assert.equal(one.reader.revealTo("caption nobody"), false);
});

test("a pause keeps nothing that was masked, also where words wait and the mask is not shown yet", () => {
  const one = new Reader();
  const stabiliser = new Stabiliser({ profile: "1000" });
  const shown = (nowMs) => one.reader.items(stabiliser.items(one.feed.items, nowMs)).map((item) => item.text);
  one.partial("u1", "well it is four one one");
  stabiliser.items(one.feed.items, 0);
  assert.deepEqual(shown(1000), ["well it is four one one"]);
  one.reader.pause(stabiliser.items(one.feed.items, 1000));
  one.partial("u1", "well that was [...]");
  assert.deepEqual(shown(1100), ["well"]);
});
