/** The small pure parts of reading: direction, delay, search, braille lines, hotkeys, history, line breaks, words. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { BrailleQueue, brailleCells, brailleLines, MAX_WAITING_LINES } from "../../captiond/widget/caption-braille.js";
import { carryBreaks, wordsOf } from "../../captiond/widget/caption-breaks.js";
import { DelayGauge } from "../../captiond/widget/caption-delay.js";
import { directionOf } from "../../captiond/widget/caption-direction.js";
import { findAll } from "../../captiond/widget/caption-find.js";
import { fetchHistory, readTranscript } from "../../captiond/widget/caption-history.js";
import { hotkeyAction } from "../../captiond/widget/caption-hotkeys.js";
import { MASK_NAMES } from "../../captiond/widget/caption-text.js";
import { DICTIONARIES, primaryLanguage, WORDS, wordsFor } from "../../captiond/widget/interface-words.js";

test("a line runs as its first letter does, whatever stands before it, and as its language where it has none", () => {
  for (const [text, language, direction] of [
    ["שלום Anna", "", "rtl"], ["Anna שלום", "he", "ltr"], ["123, … مرحبا", "", "rtl"], ["[CC] שלום", "en", "rtl"],
    ["42", "ar-EG", "rtl"], ["42", "en", "ltr"], ["[...]", "fa", "rtl"], ["", "", "ltr"], ["𞤀𞤣𞤤𞤢𞤥", "", "rtl"], ["ελληνικά", "", "ltr"],
    ["42", "arn", "ltr"],
  ]) assert.equal(directionOf(text, language), direction, `${text} (${language})`);
});

const iso = (ms) => new Date(ms).toISOString();
const SERVER = Date.parse("2024-06-15T10:00:00.000Z");

test("a delay is reckoned on the server's clock, whatever the viewer's says", () => {
  for (const skew of [0, 7_200_000, -86_400_000 * 400]) {
    const gauge = new DelayGauge();
    gauge.heard(iso(SERVER), SERVER + skew + 300); // this one travelled 300 ms
    gauge.heard(iso(SERVER + 1000), SERVER + skew + 1020); // this one 20
    gauge.heard(iso(SERVER + 2000), SERVER + skew + 5000); // and this one three seconds
    gauge.said(iso(SERVER + 2000), SERVER + skew + 6020);
    assert.equal(Math.round(gauge.delayMs(SERVER + skew + 6020)), 4000);
  }
});

test("a delay that is not known is not told: no clock, a clock ahead, silence", () => {
  const gauge = new DelayGauge();
  gauge.said(iso(SERVER), SERVER + 4000);
  assert.equal(gauge.delayMs(SERVER + 4000), null);
  gauge.heard(iso(SERVER), SERVER);
  gauge.said(iso(SERVER + 60_000), SERVER + 4000);
  assert.equal(gauge.delayMs(SERVER + 4000), null);
  gauge.said("not a time", SERVER + 4000);
  assert.equal(gauge.delayMs(SERVER + 4000), null);
  gauge.said(iso(SERVER), SERVER + 4000);
  assert.equal(gauge.delayMs(SERVER + 4000), 4000);
  assert.equal(gauge.delayMs(SERVER + 12_001), null);
});

test("clocks that drift apart are followed", () => {
  const gauge = new DelayGauge();
  for (let at = 0; at <= 1_200_000; at += 25_000) gauge.heard(iso(SERVER + at), SERVER + at * 1.01);
  gauge.said(iso(SERVER + 1_200_000), SERVER + 1_212_000);
  // Ten minutes of a drift of one in a hundred are within the window; all twenty would be 12 s.
  assert.ok(gauge.delayMs(SERVER + 1_212_000) <= 6_500, String(gauge.delayMs(SERVER + 1_212_000)));
});

test("words are found without case, accents and kinds of space, at their place in the text", () => {
  const found = (text, query) => findAll([{ key: "k", text }], query).matches.map(({ start, end }) => text.slice(start, end));
  assert.deepEqual(found("Crème brûlée, CREME", "creme"), ["Crème", "CREME"]);
  assert.deepEqual(found("Cre\u0300me", "crème"), ["Cre\u0300me"]);
  assert.deepEqual(found("Cre\u0300me", "cre"), ["Cre\u0300"]);
  assert.deepEqual(found("one\u00a0two", "one two"), ["one\u00a0two"]);
  assert.deepEqual(found("😀 ok 😀 OK", "ok"), ["ok", "OK"]);
  assert.deepEqual(found("İstanbul İ", "i"), ["İ", "İ"]);
  assert.deepEqual(found("שלום עולם", "עולם"), ["עולם"]);
  assert.deepEqual(found("aaa", "aa"), ["aa"]);
  assert.deepEqual(found("anything", "   "), []);
  const many = findAll([{ key: "k", text: "a ".repeat(5000) }], "a");
  assert.deepEqual([many.matches.length, many.more], [1000, true]);
});

test("braille lines hold whole words, in so many cells", () => {
  assert.deepEqual(brailleLines("I would like to change my card, please.", 12), ["I would like", "to change my", "card,", "please."]);
  assert.deepEqual(brailleLines("Donaudampfschifffahrt ja", 10), ["Donaudampf", "schifffahr", "t ja"]);
  assert.deepEqual(brailleLines("  ", 10), []);
  for (let cells = 10; cells < 60; cells += 7) {
    const text = "the quick brown fox jumps over the lazy dog and an incomprehensibility ".repeat(5).trim();
    const lines = brailleLines(text, cells);
    assert.ok(lines.every((line) => [...line].length <= cells && line === line.trim()));
    assert.equal(lines.join(" ").replaceAll(" ", ""), text.replaceAll(" ", ""));
  }
  assert.deepEqual([null, "", "32", "5", "x", "1000"].map(brailleCells), [null, 40, 32, 40, 40, 40]);
});

test("a braille reader takes line by line, and what is skipped is counted", () => {
  const queue = new BrailleQueue();
  assert.equal(queue.take(), null);
  queue.push("one two three", 10);
  queue.push("four", 10);
  assert.equal(queue.waiting, 3);
  assert.deepEqual(queue.take(), { line: "one two", skipped: 0 });
  queue.skipToNewest();
  assert.deepEqual(queue.take(), { line: "four", skipped: 1 });
  for (let n = 0; n < MAX_WAITING_LINES + 7; n += 1) queue.push(`line ${n}`, 10);
  assert.equal(queue.waiting, MAX_WAITING_LINES);
  assert.deepEqual(queue.take(), { line: "line 7", skipped: 7 });
});

test("hotkeys are single letters without modifiers, and can be turned off", () => {
  assert.equal(hotkeyAction({ key: "P" }), "pause");
  assert.equal(hotkeyAction({ key: "/" }), "search");
  assert.equal(hotkeyAction({ key: "p", ctrlKey: true }), null);
  assert.equal(hotkeyAction({ key: "p", isComposing: true }), null);
  assert.equal(hotkeyAction({ key: "Enter" }), null);
  assert.equal(hotkeyAction({ key: "constructor" }), null);
  assert.equal(hotkeyAction({ key: "p" }, "nof nop"), null);
  assert.equal(hotkeyAction({ key: "m" }, "nof nop"), "mark");
  assert.equal(hotkeyAction({ key: "m" }, "off"), null);
});

const TRANSCRIPT = { captions: [{ utterance: "u1", text: "One.", channel: "internal" }, { utterance: 7, text: "x" }, null, { utterance: "u2" }] };

test("a transcript is read strictly, and asked for as the viewer", async () => {
  assert.deepEqual(readTranscript(TRANSCRIPT).map(({ utterance, text, final, channel }) => [utterance, text, final, channel]), [["u1", "One.", true, "internal"]]);
  assert.deepEqual(readTranscript(null), []);
  const asked = [];
  const answers = (status, body) => async (url, init) => {
    asked.push([url, init.headers]);
    return new Response(body, { status });
  };
  const request = { base: "https://c.example/sub", session: "a b", token: "t" };
  const lines = await fetchHistory({ ...request, fetch: answers(200, JSON.stringify(TRANSCRIPT)) });
  assert.equal(lines.length, 1);
  assert.deepEqual(asked, [["https://c.example/sub/v1/sessions/a%20b/transcript.json", { Authorization: "Bearer t" }]]);
  const why = async (fetch) => fetchHistory({ ...request, fetch }).then(() => "none", (error) => error.why);
  assert.equal(await why(answers(403, "")), "refused");
  assert.equal(await why(answers(500, "")), "failed");
  assert.equal(await why(answers(200, "<html>")), "failed");
  assert.equal(await why(() => Promise.reject(new TypeError("network"))), "failed");
});

test("line breaks are carried from revision to revision as long as they can be told", () => {
  const carry = (breaks, before, after) => carryBreaks(breaks, before.split(" "), after.split(" "));
  assert.deepEqual(carry([2, 4], "a b c d e", "a b c d e f g"), [2, 4]);
  assert.deepEqual(carry([2, 4], "a x c d e", "a b c d e f"), [2, 4]); // a word of the first line was another
  assert.deepEqual(carry([2, 4], "a x c d e", "a b b c d e f"), [3, 5]); // one word became two
  assert.deepEqual(carry([2, 4], "a b c d e", "a c d e f"), [1, 3]);
  assert.deepEqual(carry([2, 4], "a b c d e", "p q r s t u"), []);
  // Each line is looked for behind where the last one was found: eight words came in, four at a time.
  assert.deepEqual(carry([2, 8], "a b c d e f g h i j k l", "a w x y z b c d e f w x y z g h i j k l"), [6, 16]);
  assert.deepEqual(carry([2], "a b c", "a b"), []);
  assert.deepEqual(carry([2], "a b c", "a b x"), [2]);
  assert.deepEqual(wordsOf(" ab  c "), [{ text: "ab", start: 1, end: 3 }, { text: "c", start: 5, end: 6 }]);
});

test("breaks that are carried rise and stay within the words, whatever is revised", () => {
  let seed = 7;
  const chance = (below) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * below);
  };
  for (let round = 0; round < 3000; round += 1) {
    const before = Array.from({ length: 1 + chance(30) }, () => "abcdef"[chance(6)]);
    const after = before.slice();
    for (let edits = chance(4); edits > 0; edits -= 1) after.splice(chance(after.length + 1), chance(3), ...["x", "a", "b"].slice(0, chance(3)));
    const breaks = before.map((_, at) => at).filter((at) => at > 0 && chance(5) === 0);
    const carried = carryBreaks(breaks, before, after);
    assert.ok(carried.length <= breaks.length);
    assert.ok(carried.every((at, n) => at > (carried[n - 1] ?? 0) && at < after.length), JSON.stringify([breaks, before, after, carried]));
  }
});

test("every language says all there is to say, of the same form", () => {
  const shape = (value) => {
    if (typeof value === "function") {
      const said = [0, 1, 2].map((n) => value(n, 3, false));
      assert.ok(said.every((text) => typeof text === "string" && text !== "" && !/undefined|#/.test(text)), said.join());
      return "function";
    }
    return typeof value === "string" ? "string" : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]).sort());
  };
  assert.deepEqual(Object.keys(DICTIONARIES).sort(), ["de", "en", "es", "fr"]);
  for (const [language, words] of Object.entries(DICTIONARIES)) assert.deepEqual(shape(words), shape(WORDS), language);
  assert.deepEqual(Object.keys(DICTIONARIES.de.masks).sort(), Object.keys(MASK_NAMES).sort());
});

test("words of a page come first, in every language, and only they", () => {
  assert.equal(wordsFor("de").pause, "Anhalten");
  assert.equal(wordsFor("xx").pause, "Pause");
  assert.equal(wordsFor("constructor").pause, "Pause");
  const own = { pause: "Stopp", speakers: { internal: "Ana" } };
  assert.deepEqual([wordsFor("de", own).pause, wordsFor("fr", own).pause], ["Stopp", "Stopp"]);
  assert.deepEqual(wordsFor("de", own).speakers, { internal: "Ana", external: "Kunde" });
  assert.deepEqual(["de-AT", "EN", "", null, "x", "zh_Hant"].map(primaryLanguage), ["de", "en", "", "", "", "zh"]);
});
