// Writes what `exportTranscript` makes of each line of JSON on stdin: one line of JSON for each, all four forms.
import { createInterface } from "node:readline";

import { exportName, exportTranscript } from "../../captiond/widget/caption-exports.js";
import { readTranscript } from "../../captiond/widget/caption-history.js";

for await (const line of createInterface({ input: process.stdin })) {
  const transcript = JSON.parse(line);
  if (transcript.recalled) transcript.items = readTranscript(transcript.recalled); // as a page that loaded earlier lines
  const made = { name: exportName(transcript, "vtt") };
  for (const format of ["txt", "vtt", "srt", "json"]) made[format] = exportTranscript(transcript, format);
  console.log(JSON.stringify(made));
}
