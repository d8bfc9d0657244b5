/**
 * Server-sent events out of a byte stream: the parser of the HTML standard, section 9.2.6, without the browser's
 * EventSource, which hides the HTTP status and so cannot tell "no such session" from "try again".
 */

/** A snapshot is sent in pieces of at most 64 KiB; an event far above that is not ours. In UTF-16 units. */
const MAX_EVENT_UNITS = 1 << 20;

export class SseParser {
  #decoder = new TextDecoder();
  #rest = "";
  #data = [];
  #units = 0;
  #event = "";
  /** `retry:` in milliseconds, once the server sent one. */
  retryMs = null;

  /**
   * Takes the next bytes, cut anywhere. Returns the events that are now complete, as {event, data}; throws RangeError
   * where one grows past the limit.
   */
  push(bytes) {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    // A carriage return at the end may be half of CR LF: it waits for the next bytes.
    const lines = this.#rest.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    const events = [];
    for (const line of lines) {
      const complete = this.#line(line);
      if (complete) events.push(complete);
    }
    if (this.#rest.length + this.#units > MAX_EVENT_UNITS) throw new RangeError("an event is too long");
    return events;
  }

  #line(line) {
    if (line === "") {
      const complete = this.#data.length > 0 ? { event: this.#event || "message", data: this.#data.join("\n") } : null;
      this.#data = [];
      this.#units = 0;
      this.#event = "";
      return complete;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") {
      this.#data.push(value);
      this.#units += value.length + 1;
      if (this.#units > MAX_EVENT_UNITS) throw new RangeError("an event is too long");
    } else if (field === "event") {
      this.#event = value;
    } else if (field === "retry" && /^\d{1,9}$/.test(value)) {
      this.retryMs = Number(value);
    }
    return null; // comments and unknown fields, `id` too: positions are in the messages
  }
}
