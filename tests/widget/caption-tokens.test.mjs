/** Words of a caption, and what two revisions have in common. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { inCommon, readWords, wordKey } from "../../captiond/widget/caption-tokens.js";

const texts = (text) => readWords(text).map((word) => word.text);

test("words stand between spaces; without spaces each character is one; masks stay whole", () => {
  assert.deepEqual(texts("  I'd pay $4.50,  no?"), ["I'd", "pay", "$4.50,", "no?"]);
  assert.deepEqual(texts("号码是 [...]、謝謝 ok"), ["号", "码", "是", "[...]、", "謝", "謝", "ok"]);
  assert.deepEqual(texts("ขอ[CC]"), ["ข", "อ", "[CC]"]);
  assert.deepEqual(texts(""), []);
});

test("a key forgets case and punctuation around a word, and nothing else", () => {
  const same = [["Gut,", "gut"], ["\u201cHello!\u201d", "hello"], ["\u00bfQu\u00e9?", "qu\u00e9"], ["(STRASSE)", "strasse"], ["...", "..."]];
  for (const [one, other] of same) assert.equal(wordKey(one), wordKey(other), one);
  const differ = [
    ["we're", "were"], ["12.5", "125"], ["12.", "12"], ["[CC]", "CC"], ["[...]", "..."], ["a@b", "ab"], ["U.S", "US"],
    ["$", "\u20ac"], [",", "."], ["r\u00e9sum\u00e9", "resume"], ["\u0661.", "\u0661"],
  ];
  for (const [one, other] of differ) assert.notEqual(wordKey(one), wordKey(other), one);
});

test("what has not changed is taken over, also where a word has grown", () => {
  const before = "I want two tick";
  const words = readWords(before);
  for (const after of ["I want two tickets", "I want two", "I want to", "I want two tick now", "We", "", "I want two tick"]) {
    const read = readWords(after, { text: before, words });
    assert.deepEqual(read, readWords(after), after);
  }
  const again = readWords("I want two tickets", { text: before, words });
  assert.equal(again[2], words[2]);
  assert.notEqual(again[3], words[3]);
});

test("two revisions are compared by what they say, from both ends, and no word is counted twice", () => {
  const common = (one, other) => inCommon(readWords(one), readWords(other));
  assert.deepEqual(common("i want two tickets", "I want to, tickets"), { head: 2, tail: 1 });
  assert.deepEqual(common("no no no", "No no"), { head: 2, tail: 0 });
  assert.deepEqual(common("", "so"), { head: 0, tail: 0 });
  assert.deepEqual(common("a b c", "a b c"), { head: 3, tail: 0 });
});

test("at random: read on from any text, the words are those of the new text", () => {
  let seed = 7;
  const chance = (n) => (seed = (seed * 48271) % 2147483647) % n;
  const made = () => Array.from({ length: chance(12) }, () => "ab ,[.]\u53f7\ud83d\ude00"[chance(10)]).join("");
  let before = "";
  for (let round = 0; round < 5000; round += 1) {
    const after = chance(3) === 0 ? made() : before.slice(0, chance(before.length + 1)) + made();
    assert.deepEqual(readWords(after, { text: before, words: readWords(before) }), readWords(after), JSON.stringify([before, after]));
    before = after;
  }
});
