import { useEffect } from "react";
import type { RequestDetail, RunDetail } from "@/api/schema";
import { keep, kept } from "@/lib/kept";

/** An earlier draft of what this request shows. */
export type Earlier = { revision: number; text: string };

/** Earlier revisions of the same writer, newest first: also those that only the supervisor saw. */
export function earlierDrafts(request: RequestDetail, run: RunDetail | undefined): Earlier[] {
  const drafts = run?.drafts ?? [];
  const own = drafts.find((each) => each.revision === request.revision && each.text === request.shown.draft);
  const node = own?.node ?? drafts.find((each) => each.revision === request.revision)?.node;
  return drafts.filter((each) => each.node === node && each.revision < request.revision)
    .map(({ revision, text }) => ({ revision, text })).reverse();
}

/** The revision I had on screen before this one, on this device. */
export function useLastLooked(request: RequestDetail): number | undefined {
  const key = `looked:${request.subject.id}:${request.gate}`;
  const seen = (kept(key) ?? "").split(",").filter(Boolean).map(Number);
  const { revision } = request;
  useEffect(() => {
    const all = new Set([...(kept(key) ?? "").split(",").filter(Boolean).map(Number), revision]);
    keep(key, [...all].sort((a, b) => a - b).join(","));
  }, [key, revision]);
  return Math.max(0, ...seen.filter((each) => each < revision)) || undefined;
}
