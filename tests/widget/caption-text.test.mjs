import assert from "node:assert/strict";
import { test } from "node:test";

import { textRuns, unitsOfCodePoints } from "../../captiond/widget/caption-text.js";

const short = (text, stable) => textRuns(text, stable).map((run) => [run.text, run.mask, run.settled]);

test("settled words end where stableLength says, in code points", () => {
  assert.deepEqual(short("hello world", 6), [["hello ", null, true], ["world", null, false]]);
  assert.deepEqual(short("\u{1F44B}\u{1F3FD} hi there", 5), [["\u{1F44B}\u{1F3FD} hi", null, true], [" there", null, false]]);
});

for (const [count, units] of [[0, 0], [1, 2], [2, 3], [3, 5], [9, 5]]) {
  test(`${count} code points of a pair, a letter, a pair`, () => assert.equal(unitsOfCodePoints("\u{1F600}a\u{1F600}", count), units));
}

test("masks are runs of their own; the rest is what was said", () => {
  assert.deepEqual(short("card [CC], code [...] ok", 16), [
    ["card ", null, true], ["[CC]", "CC", true], [", code ", null, true], ["[...]", "open", false], [" ok", null, false],
  ]);
  assert.deepEqual(short("[LAUGHTER] [cc] [CC [] ]", 99), [["[LAUGHTER] [cc] [CC [] ]", null, true]]);
});

test("runs joined are the caption, for every cut", () => {
  const text = "a [CC]\u{1F600}[...] b [NATIONAL_ID]";
  for (let stable = 0; stable <= 40; stable += 1) {
    const runs = textRuns(text, stable);
    assert.equal(runs.map((run) => run.text).join(""), text);
    assert.equal(runs.some((run) => run.text === ""), false);
    const settled = runs.map((run) => run.settled);
    assert.equal(settled.lastIndexOf(true) < (settled.indexOf(false) === -1 ? Infinity : settled.indexOf(false)), true);
  }
});

test("an empty caption has no runs", () => assert.deepEqual(textRuns("", 0), []));
