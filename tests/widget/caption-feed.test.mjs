/** The browser's reducer against the scripts that captiond.core.screen runs too, and what only it has to bear. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { CaptionFeed, FeedError, parsePosition } from "../../captiond/widget/caption-feed.js";

// Written out by scripts.py, which reads the short forms for both languages.
const SCRIPTS = JSON.parse(process.env.CAPTION_SCRIPTS ?? "null");

const MARK = (item) => (item.final ? (item.held ? "H" : "F") : "P");
const linesOf = (feed) => feed.items.filter((item) => item.kind === "caption").map((c) => [c.utterance, c.text, MARK(c)]);

const WELCOME = { type: "welcome", position: "aaaaaaaa.0", recovered: false, state: "live", language: "en-US", pingS: 25 };
const SNAPSHOT = { type: "snapshot", position: "aaaaaaaa.0", captions: [], gaps: [], earlierFinals: 0 };
const caption = (index, utterance, revision, final, text, extra = {}) => ({
  type: "caption", index, utterance, revision, final, text, stableLength: 0, held: false, channel: "", language: "en-US",
  emittedAt: "", sentAt: "", redactions: {}, ...extra,
});
const begun = (options) => {
  const feed = new CaptionFeed(options);
  feed.apply(WELCOME);
  feed.apply(SNAPSHOT);
  return feed;
};

test("the scripts were handed over", () => assert.ok(SCRIPTS.length >= 20));

for (const script of SCRIPTS) {
  test(script.name, () => {
    const feed = new CaptionFeed();
    for (const message of script.messages) feed.apply(message);
    assert.deepEqual(linesOf(feed), script.lines);
    assert.equal(feed.position, script.position);
    if (script.state) assert.equal(feed.sessionState, script.state);
    if (script.earlierFinals !== undefined) assert.equal(feed.earlierFinals, script.earlierFinals);
    if (script.gaps) {
      const gaps = feed.items.map((item, at) => [item, at]).filter(([item]) => item.kind === "gap");
      assert.deepEqual(gaps.map(([item, at]) => [at, item.lost]), script.gaps);
    }
  });
}

test("a position is only what has been applied: a welcome alone is none", () => {
  const feed = new CaptionFeed();
  feed.apply({ ...WELCOME, position: "aaaaaaaa.40" });
  assert.equal(feed.position, null);
  feed.apply({ ...SNAPSHOT, position: "aaaaaaaa.40" });
  assert.equal(feed.position, "aaaaaaaa.40");
  feed.apply({ ...WELCOME, position: "bbbbbbbb.7" });
  assert.equal(feed.position, null); // dropped now, it must not ask to go on from where it has not been
});

test("a ping ahead of the feed says that something was missed, one at its place does not", () => {
  const feed = begun();
  feed.apply(caption(1, "u1", 1, true, "one"));
  assert.equal(feed.apply({ type: "ping", position: "aaaaaaaa.1" }).what, "ping");
  assert.equal(feed.apply({ type: "ping", position: "aaaaaaaa.2" }).what, "missed");
  assert.equal(feed.apply({ type: "ping", position: "bbbbbbbb.1" }).what, "missed");
});

const broken = [
  ["not an object", "hello"],
  ["null", null],
  ["a welcome without a position", { ...WELCOME, position: "now" }],
  ["recovered into an epoch that it never had", { ...WELCOME, position: "zzzzzzzz.0", recovered: true }],
  ["a caption without an index", { ...caption(2, "u", 1, true, "x"), index: "1" }],
  ["a caption without a text", { ...caption(2, "u", 1, true, "x"), text: null }],
  ["a caption far too long", caption(2, "u", 1, true, "x".repeat(70_000))],
  ["a revision of zero", caption(2, "u", 0, true, "x")],
  ["an id far too long", caption(2, "u".repeat(600), 1, true, "x")],
  ["a snapshot of a broken caption", { ...SNAPSHOT, captions: [{}] }],
  ["a snapshot far too big", { ...SNAPSHOT, captions: new Array(5001).fill(caption(2, "u", 1, true, "x")) }],
];
for (const [name, message] of broken) {
  test(`refused, and the screen stays: ${name}`, () => {
    const feed = begun();
    feed.apply(caption(1, "u1", 1, true, "one"));
    assert.throws(() => feed.apply(message), (error) => error instanceof FeedError && !error.message.includes("xxx"));
    assert.deepEqual(linesOf(feed), [["u1", "one", "F"]]);
    assert.equal(feed.position, "aaaaaaaa.1");
  });
}

test("a caption before the snapshot is refused", () => {
  const feed = new CaptionFeed();
  feed.apply(WELCOME);
  assert.throws(() => feed.apply(caption(1, "u1", 1, true, "one")), FeedError);
});

test("old finals leave the screen, what can still change stays, and nothing that left comes back", () => {
  const feed = begun({ keepFinals: 3 });
  feed.apply(caption(1, "held", 1, true, "card [...]", { held: true }));
  feed.apply(caption(2, "open", 1, false, "o"));
  feed.apply({ type: "gap", index: 3, lost: 1, cause: "sequence" });
  for (let n = 1; n <= 6; n += 1) feed.apply(caption(3 + n, `u${n}`, 1, true, String(n)));
  assert.deepEqual(linesOf(feed).map(([utterance]) => utterance), ["held", "open", "u4", "u5", "u6"]);
  assert.equal(feed.earlierFinals, 3);
  assert.equal(feed.items.some((item) => item.kind === "gap"), false);
  assert.equal(feed.apply(caption(10, "u1", 2, true, "1, corrected")).what, "ignored");
  assert.equal(feed.apply(caption(11, "held", 2, true, "card [CC]", { redactions: { CC: 1 } })).correction, true);
  assert.equal(feed.position, "aaaaaaaa.11");
  // With indexes left out it could be an utterance never seen; but this one was.
  assert.equal(feed.apply(caption(20, "u2", 3, true, "2, corrected")).what, "ignored");
  assert.equal(feed.apply(caption(21, "u20", 3, true, "20")).what, "caption");
});

test("finals only: what was open at the snapshot comes with its final, whatever came in between", () => {
  for (const [finalsOnly, what] of [[true, "caption"], [false, "ignored"]]) {
    const feed = new CaptionFeed();
    feed.finalsOnly = finalsOnly;
    feed.apply({ ...WELCOME, position: "aaaaaaaa.2" });
    feed.apply({ ...SNAPSHOT, position: "aaaaaaaa.2" });
    assert.equal(feed.apply(caption(3, "u1", 2, true, "begun before the snapshot")).what, what);
  }
});

test("redactions are counted once, in the newest final only", () => {
  const feed = begun();
  feed.apply(caption(1, "u1", 1, false, "[CC]", { redactions: { CC: 1 } }));
  assert.deepEqual(feed.figures.redactions, {});
  feed.apply(caption(2, "u1", 2, true, "[CC] [CVV]", { redactions: { CC: 1, CVV: 1 } }));
  feed.apply(caption(3, "u1", 3, true, "[CC] 123", { redactions: { CC: 1 } }));
  assert.deepEqual(feed.figures, { finals: 1, gaps: 0, lost: 0, redactions: { CC: 1 } });
});

test("positions are read strictly", () => {
  assert.deepEqual(parsePosition("k3XbQwZt.1042"), { epoch: "k3XbQwZt", index: 1042 });
  for (const bad of ["", "k3", ".1", "k3.", "k3.-1", "k3.1e3", "k3.1.2", 7, null, undefined]) {
    assert.equal(parsePosition(bad), null, String(bad));
  }
});
