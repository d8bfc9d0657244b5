// Writes what `exportTranscript` makes of each line of JSON on stdin: one line of JSON for each, all four forms.
import { createInterface } from "node:readline";

import { exportName, exportTranscript } from "../../captiond/widget/caption-exports.js";

for await (const line of createInterface({ input: process.stdin })) {
  const transcript = JSON.parse(line);
  const made = { name: exportName(transcript, "vtt") };
  for (const format of ["txt", "vtt", "srt", "json"]) made[format] = exportTranscript(transcript, format);
  console.log(JSON.stringify(made));
}
