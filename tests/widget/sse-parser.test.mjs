import assert from "node:assert/strict";
import { test } from "node:test";

import { SseParser } from "../../captiond/widget/sse-parser.js";

const STREAM =
  ": hello\n\nevent: caption\nid: a.1\ndata: {\"t\":\"\u00e9\u{1F600}\"}\n\nretry: 1500\r\ndata:one\r\ndata: two\r\n\r\n" +
  "data\r\revent: lost\n\nid: 7\nunknown: x\ndata: last\n\n";
const EVENTS = [
  { event: "caption", data: "{\"t\":\"\u00e9\u{1F600}\"}" },
  { event: "message", data: "one\ntwo" },
  { event: "message", data: "" },
  { event: "message", data: "last" },
];

test("events come out the same however the bytes are cut", () => {
  const bytes = new TextEncoder().encode(STREAM);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const parser = new SseParser();
    const events = [...parser.push(bytes.subarray(0, cut)), ...parser.push(bytes.subarray(cut))];
    assert.deepEqual(events, EVENTS, `cut at ${cut}`);
    assert.equal(parser.retryMs, 1500);
  }
});

test("byte by byte too", () => {
  const parser = new SseParser();
  const events = [];
  for (const byte of new TextEncoder().encode(STREAM)) events.push(...parser.push(Uint8Array.of(byte)));
  assert.deepEqual(events, EVENTS);
});

test("an event that never ends is refused", () => {
  const line = new TextEncoder().encode(`data: ${"x".repeat(60_000)}\n`);
  const endless = new SseParser();
  assert.throws(() => { for (let n = 0; n < 40; n += 1) endless.push(line); }, RangeError);
  const oneLine = new SseParser();
  const piece = new TextEncoder().encode("x".repeat(60_000));
  assert.throws(() => { for (let n = 0; n < 40; n += 1) oneLine.push(piece); }, RangeError);
});
