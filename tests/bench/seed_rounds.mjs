// Runs rounds of the seed function when told to: one JSON command a line on stdin, one JSON answer a line on stdout.
//
//   {"load": name, "streams": [[text, ...], ...]}   keeps streams; answers how many partials they have
//   {"show": [text, ...]}                           answers the redacted texts
//   {"round": name, "passes": n}                    whole streams; answers cpuNs and wallNs of all partials, and their sum
//   {"each": name}                                  one pass with a clock reading at each partial; answers their ns
//   {"events": name, "passes": n}                   streams of frames: JSON.parse, the seed, JSON.stringify

import { createInterface } from "node:readline";
import { normalizeAndRedact } from "./seed_redactor.mjs";

const kept = new Map();
let sink = 0; // what is computed is used, so that V8 can't leave the work out

function partials(streams) {
  for (const texts of streams) {
    for (let i = 0; i < texts.length; i += 1) sink += normalizeAndRedact(texts[i]).length;
  }
}

function events(streams) {
  for (const frames of streams) {
    for (let i = 0; i < frames.length; i += 1) {
      const event = JSON.parse(frames[i]);
      sink += JSON.stringify({
        type: "caption",
        session: event.mediaSessionId,
        sequence: event.eventSequence,
        final: !event.isPartial,
        text: normalizeAndRedact(event.transcript),
        timestamp: event.timestamp,
        language: event.language,
      }).length;
    }
  }
}

function round(work, streams, passes) {
  work(streams); // what another process has driven out of the caches comes back
  const usage = process.cpuUsage();
  const began = process.hrtime.bigint();
  for (let i = 0; i < passes; i += 1) work(streams);
  const wallNs = Number(process.hrtime.bigint() - began);
  const used = process.cpuUsage(usage);
  return { cpuNs: (used.user + used.system) * 1000, wallNs, sink };
}

function each(streams) {
  const ns = [];
  for (const texts of streams) {
    for (const text of texts) {
      const began = process.hrtime.bigint();
      sink += normalizeAndRedact(text).length;
      ns.push(Number(process.hrtime.bigint() - began));
    }
  }
  return ns;
}

function answer(command) {
  if (command.load !== undefined) {
    kept.set(command.load, command.streams);
    return { partials: command.streams.reduce((sum, texts) => sum + texts.length, 0) };
  }
  if (command.show !== undefined) return { texts: command.show.map(normalizeAndRedact) };
  if (command.round !== undefined) return round(partials, kept.get(command.round), command.passes);
  if (command.events !== undefined) return round(events, kept.get(command.events), command.passes);
  return { ns: each(kept.get(command.each)) };
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
}
