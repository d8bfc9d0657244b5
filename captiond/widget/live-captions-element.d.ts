import type { CaptionFeed, CaptionItem, Figures, GapItem } from "./caption-feed.js";

/** "closed" is for good; "failed" says why in `reason`. */
export type CaptionsState = "connecting" | "live" | "reconnecting" | "ended" | "failed" | "closed";
export type ExportFormat = "txt" | "srt" | "vtt" | "json";
export type TokenProvider = () => string | null | Promise<string | null>;

/** A viewer's settings, as 47 CFR 79.103 lists them; "" leaves what the page chose. */
export interface CaptionSettings {
  font: string;
  size: number;
  textColor: string;
  textOpacity: number;
  backgroundColor: string;
  backgroundOpacity: number;
  windowColor: string;
  windowOpacity: number;
  edge: string;
  language: string;
}

export interface LiveCaptionsEventMap {
  "captions-state": CustomEvent<{
    state: CaptionsState;
    reason: string;
    transport: "ws" | "sse";
    sessionState: string | null;
  }>;
  "captions-caption": CustomEvent<{ caption: CaptionItem; correction: boolean }>;
  "captions-final": CustomEvent<{ caption: CaptionItem }>;
  "captions-gap": CustomEvent<{ gap: GapItem }>;
  "captions-missed": CustomEvent<{ lines: number | null }>;
  "captions-reset": CustomEvent<Record<string, never>>;
  "captions-pause": CustomEvent<Record<string, never>>;
  "captions-resume": CustomEvent<{ where: "live" | "here"; lines: number }>;
  "captions-settings-change": CustomEvent<{ settings: CaptionSettings }>;
}

/** The live captions of one session of a captiond daemon. Importing this defines nothing: see `define`. */
export class LiveCaptions extends HTMLElement {
  /** What a page wants said instead, in every language. */
  static words: Record<string, unknown>;
  /** The element's own words by language. */
  static dictionaries: Record<string, Record<string, unknown>>;
  static define(tag?: string, registry?: CustomElementRegistry): typeof LiveCaptions;

  src: string;
  session: string;
  /** Write-only: reads as null. */
  get token(): null;
  set token(value: string | null);
  /** Asked before every connection, so a token may be short-lived. */
  get tokenProvider(): TokenProvider | null;
  set tokenProvider(value: TokenProvider | null);
  /** Speakers' names by channel. */
  get labels(): Record<string, string>;
  set labels(value: Record<string, string>);
  get settings(): CaptionSettings;
  set settings(value: Partial<CaptionSettings>);
  paused: boolean;

  readonly state: CaptionsState;
  readonly reason: string;
  readonly transport: "ws" | "sse";
  readonly feed: CaptionFeed;
  /** Copies of the captions that are kept, in order. */
  readonly segments: CaptionItem[];
  readonly figures: Figures;
  /** How far the newest words were behind when they came, in ms; null where that is not known. */
  readonly delayMs: number | null;

  backToLive(): void;
  pause(): void;
  resume(where?: "live" | "here"): void;
  clear(): void;
  /** Ends the connection for good; what was said stays readable. */
  close(): void;
  /** After `close`: connects again. */
  open(): void;
  mark(): void;
  toMark(): void;
  openSearch(): void;
  openSettings(): void;
  /** What this page has of the call, as text. */
  export(format?: ExportFormat): string;

  addEventListener<K extends keyof LiveCaptionsEventMap>(
    type: K,
    listener: (this: LiveCaptions, event: LiveCaptionsEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof LiveCaptionsEventMap>(
    type: K,
    listener: (this: LiveCaptions, event: LiveCaptionsEventMap[K]) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "live-captions": LiveCaptions;
  }
  interface HTMLElementEventMap extends LiveCaptionsEventMap {}
  interface DocumentEventMap extends LiveCaptionsEventMap {}
}
