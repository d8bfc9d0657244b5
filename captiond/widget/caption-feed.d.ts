/** One utterance as it is on the screen. Times are in milliseconds from the session's start. */
export interface CaptionItem {
  kind: "caption";
  utterance: string;
  revision: number;
  final: boolean;
  held: boolean;
  text: string;
  /** Leading code points (not UTF-16 units) that are thought settled. */
  stableLength: number;
  channel: string;
  language: string;
  startMs: number | null;
  endMs: number | null;
  confidence: number | null;
  emittedAt: string | null;
  sentAt: string | null;
  redactions: Record<string, number>;
  correction: boolean;
  index: number;
  firstIndex: number;
}

/** Where updates were lost; `lost` is null where it is not known how many. */
export interface GapItem {
  kind: "gap";
  index: number;
  lost: number | null;
  cause: string;
}

export type FeedItem = CaptionItem | GapItem;

export interface Figures {
  finals: number;
  gaps: number;
  lost: number;
  redactions: Record<string, number>;
}

/** What a message did to the screen. */
export type FeedChange =
  | { what: "welcome"; recovered: boolean; serverTime: string }
  | { what: "reset" }
  | { what: "caption"; caption: CaptionItem; correction: boolean }
  | { what: "retraction"; utterance: string }
  | { what: "gap"; gap: GapItem }
  | { what: "session"; state: string | null; reason: string | null }
  | { what: "missed" | "ping"; position: string; serverTime: string; answer: boolean }
  | { what: "notice"; code: string; skipped: number }
  | { what: "bye"; code: number; reason: string; retryMs: number | null }
  | { what: "ignored" };

export const KEEP_FINALS: number;

/** The message breaks the protocol: the server's fault. */
export class FeedError extends Error {}

export function parsePosition(position: unknown): { epoch: string; index: number } | null;

/** The screen of one caption stream: a reducer without DOM, socket, clock or chance. */
export class CaptionFeed {
  constructor(options?: { keepFinals?: number });
  readonly keepFinals: number;
  readonly items: FeedItem[];
  readonly language: string | null;
  readonly startedAt: string | null;
  readonly sessionState: string | null;
  readonly sessionReason: string | null;
  readonly earlierFinals: number;
  readonly figures: Figures;
  readonly captions: Map<string, CaptionItem>;
  finalsOnly: boolean;
  onTrim: ((item: FeedItem) => void) | null;
  /** Where to resume: all up to here has been applied. Null before the first snapshot. */
  get position(): string | null;
  /** Applies one message of `captions.v1`, in the order received. Throws FeedError where it is none. */
  apply(message: unknown): FeedChange;
}
