import { useMemo, useSyncExternalStore } from "react";
import { type Texts, withChunk } from "./run-texts";
import type { Event, EventKind } from "./schema";

/** Each kind the platform knows, and whether it ends the run: an `EventSource` hears only those it is told of by name. */
const ENDS = {
  "run.queued": false, "run.started": false, "run.resumed": false, "run.retrying": false, "run.held": false,
  "run.released": false, "run.needs_attention": false,
  "run.completed": true, "run.rejected": true, "run.failed": true, "run.cancelled": true,
  "step.started": false, "step.completed": false, "step.failed": false, "text": false,
  "gate.opened": false, "gate.settled": false, "tool.called": false, "tool.outcome": false,
} satisfies Record<EventKind, boolean>;

/** `lost`: it is being tried again, and what was missed will come. `ended`: the run has ended, so has the stream. */
export type StreamState = "off" | "connecting" | "live" | "lost" | "ended";

/** What the stream has told so far: events in order, without texts, which are put together by `execution`. */
export type RunStory = { state: StreamState; events: Event[]; texts: Texts };

const NOTHING: RunStory = { state: "off", events: [], texts: {} };
/** Milliseconds: what comes within this long is shown by one rendering. */
const BATCH = 50;
const LONGEST_WAIT = 15_000;

/**
 * One run's stream while somebody looks at it. Picked up where it broke off, by sequence number. A page out of sight has
 * none: browsers give a site six connections in all, and each stream holds one.
 */
class RunWatch {
  private story: RunStory = { ...NOTHING, state: "connecting" };
  private source?: EventSource;
  private waiting: { event: Event[]; text: { node: string; data: Record<string, unknown> }[] } = { event: [], text: [] };
  private flushing?: ReturnType<typeof setTimeout>;
  private again?: ReturnType<typeof setTimeout>;
  private failures = 0;
  private last = 0;
  private over = false;
  private listeners = new Set<() => void>();

  constructor(private readonly address: string) {}

  snapshot = () => this.story;

  subscribe = (tell: () => void) => {
    this.listeners.add(tell);
    document.addEventListener("visibilitychange", this.look);
    this.look();
    return () => {
      this.listeners.delete(tell);
      if (this.listeners.size > 0) return;
      document.removeEventListener("visibilitychange", this.look);
      this.close();
    };
  };

  private look = () => {
    if (document.visibilityState === "hidden") this.close();
    else if (!this.source && this.story.state !== "ended") this.open();
  };

  private open() {
    clearTimeout(this.again);
    const source = new EventSource(`${this.address}?after=${this.last}`);
    this.source = source;
    source.onopen = () => { this.failures = 0; this.say("live"); };
    source.onerror = () => {
      // A run that ended may be retried: only where the stream breaks off after its end, that was the end.
      if (this.over) { this.close(); this.say("ended"); return; }
      this.say("lost");
      if (source.readyState === EventSource.CLOSED) this.openLater();
    };
    for (const kind of Object.keys(ENDS)) source.addEventListener(kind, (message) => this.onEvent(JSON.parse(message.data)));
    source.addEventListener("delta", (message) => {
      const delta = JSON.parse(message.data);
      this.waiting.text.push({ node: delta.node, data: delta });
      this.soon();
    });
  }

  /** The browser tries again by itself after a broken connection, but not after an answer that is no stream. */
  private openLater() {
    this.source = undefined;
    this.failures += 1;
    this.again = setTimeout(() => this.open(), Math.min(1000 * 2 ** this.failures, LONGEST_WAIT));
  }

  private close() {
    clearTimeout(this.again);
    this.source?.close();
    this.source = undefined;
  }

  private onEvent(event: Event) {
    if (event.seq <= this.last) return;
    this.last = event.seq;
    if (event.kind === "text") this.waiting.text.push({ node: event.node, data: event.data });
    else this.waiting.event.push(event);
    this.soon();
    this.over = ENDS[event.kind];
  }

  private soon() {
    this.flushing ??= setTimeout(() => this.flush(), BATCH);
  }

  private flush() {
    this.flushing = undefined;
    const { event, text } = this.waiting;
    this.waiting = { event: [], text: [] };
    this.story = {
      ...this.story,
      events: event.length ? [...this.story.events, ...event] : this.story.events,
      texts: text.reduce((texts, each) => withChunk(texts, each.node, each.data), this.story.texts),
    };
    this.listeners.forEach((tell) => tell());
  }

  private say(state: StreamState) {
    if (this.story.state === state || this.story.state === "ended") return;
    this.story = { ...this.story, state };
    this.listeners.forEach((tell) => tell());
  }
}

/** A run's events and texts as they happen, from its beginning. Turned off and on again it begins anew. */
export function useRunEvents(slug: string, run: string | undefined, on = true): RunStory {
  const watch = useMemo(
    () => (on && run ? new RunWatch(`/api/v1/tenants/${slug}/runs/${run}/events/stream/`) : null), [slug, run, on]);
  return useSyncExternalStore(watch?.subscribe ?? nobody, watch?.snapshot ?? nothing);
}

const nobody = () => () => undefined;
const nothing = () => NOTHING;
