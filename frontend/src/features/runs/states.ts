import type { Run } from "@/api/schema";

export const ACTIVE = ["queued", "running"];
export const ENDED = ["completed", "rejected", "failed", "cancelled"];
export const STATES = ["queued", "running", "waiting", "needs_attention", "completed", "rejected", "failed", "cancelled"];

/** Milliseconds until a list is worth asking for again: soon while something in it moves. */
export function refreshEvery(runs: Run[]): number {
  return runs.some((run) => ACTIVE.includes(run.status)) ? 3000 : 15_000;
}
