/** What was learned of a recogniser outlives the page, and never breaks one. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Evidence, Stabiliser } from "../../captiond/widget/caption-stability.js";
import { StabilityMemory } from "../../captiond/widget/stability-memory.js";

const KEY = "captiond.captions.stability";
const BASE = "https://captions.example/";
const none = Array.from({ length: 10 }, () => 0);

class Storage {
  kept = new Map();
  getItem(key) { return this.kept.get(key) ?? null; }
  setItem(key, value) { this.kept.set(key, String(value)); }
}

/** Five hundred words of a recogniser that takes nothing back. */
const learn = (evidence) => {
  evidence.add(500, none);
  evidence.keep();
};
const waitMs = (evidence) => new Stabiliser({ profile: "balanced", evidence }).waitMs;

test("what one page learned the next one knows, of that daemon and no other", () => {
  const storage = new Storage();
  const first = new StabilityMemory(() => storage);
  assert.equal(waitMs(first.evidence(BASE)), 7000);
  learn(first.evidence(BASE));
  assert.equal(waitMs(first.evidence(BASE)), 0);
  const next = new StabilityMemory(() => storage);
  assert.equal(waitMs(next.evidence(BASE)), 0);
  assert.equal(waitMs(next.evidence("https://other.example/")), 7000);
});

test("all elements of a page learn together", () => {
  const memory = new StabilityMemory(() => new Storage());
  assert.equal(memory.evidence(BASE), memory.evidence(BASE));
});

test("nothing but counts is kept", () => {
  const storage = new Storage();
  const evidence = new StabilityMemory(() => storage).evidence(BASE);
  const stabiliser = new Stabiliser({ profile: "steady", evidence });
  const caption = { kind: "caption", utterance: "u1", revision: 1, final: false, held: false, text: "quite secret", stableLength: 0 };
  stabiliser.apply(caption, 0);
  stabiliser.apply({ ...caption, revision: 2, final: true }, 500);
  assert.match(storage.getItem(KEY), /^\{"https:\/\/captions\.example\/":\{"words":[\d.]+,"lost":\[[\d.,]+\]\}\}$/);
});

test("who reads without waiting leaves nothing in the browser", () => {
  for (const [profile, kept] of [["responsive", 0], ["finals", 0], ["1500", 0], ["balanced", 1], ["steady", 1]]) {
    const storage = new Storage();
    const stabiliser = new Stabiliser({ profile, evidence: new StabilityMemory(() => storage).evidence(BASE) });
    const caption = { kind: "caption", utterance: "u1", revision: 1, final: false, held: false, text: "well", stableLength: 0 };
    stabiliser.apply(caption, 0);
    stabiliser.apply({ ...caption, revision: 2, final: true }, 500);
    assert.equal(storage.kept.size, kept, profile);
  }
});

test("a browser that keeps nothing learns as long as the page lasts", () => {
  const memory = new StabilityMemory(() => { throw new DOMException("blocked", "SecurityError"); });
  learn(memory.evidence(BASE));
  assert.equal(waitMs(memory.evidence(BASE)), 0);
});

test("what is kept and is not ours is as if nothing were kept", () => {
  const good = { words: 500, lost: none };
  const bad = [
    "", "{", "[]", "7", "null", "x".repeat(9000), JSON.stringify({ [BASE]: null }), JSON.stringify({ [BASE]: "500" }),
    ...[{ words: 0 }, { words: -1 }, { words: "500" }, { words: 1e9 }, { lost: [] }, { lost: none.slice(1) }, { lost: 7 },
      { lost: [...none.slice(1), -1] }, { lost: [...none.slice(1), null] }].map((wrong) => JSON.stringify({ [BASE]: { ...good, ...wrong } })),
  ];
  for (const text of bad) {
    const storage = new Storage();
    storage.setItem(KEY, text);
    const evidence = new StabilityMemory(() => storage).evidence(BASE);
    assert.deepEqual(evidence.toJSON(), new Evidence().toJSON(), text.slice(0, 80));
    learn(evidence);
    assert.equal(waitMs(new StabilityMemory(() => storage).evidence(BASE)), 0, "written anew");
  }
});

test("the daemons used last are remembered, and no more than eight", () => {
  const storage = new Storage();
  const memory = new StabilityMemory(() => storage);
  for (let n = 0; n < 20; n += 1) learn(memory.evidence(`https://d${n}.example/`));
  assert.deepEqual(Object.keys(JSON.parse(storage.getItem(KEY))), [12, 13, 14, 15, 16, 17, 18, 19].map((n) => `https://d${n}.example/`));
});
