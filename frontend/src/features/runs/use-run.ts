import { useQueries, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import { $api } from "@/api/client";
import { type RunStory, useRunEvents } from "@/api/run-events";
import type { RequestDetail } from "@/api/schema";
import { ENDED } from "./states";

const RUN = "/api/v1/tenants/{slug}/runs/{id}/";
const APPROVAL = "/api/v1/tenants/{slug}/approvals/{id}/";
/** Milliseconds: however many events come, the run is asked for again once in this time. */
const AT_MOST_EVERY = 400;

/** The run as it stands now. While it goes on it is followed by its stream; without one, looked at now and then. */
export function useRun(slug: string, id: string) {
  const run = $api.useQuery("get", RUN, { params: { path: { slug, id } } }, { refetchInterval: ({ state }) => (
    state.data && ENDED.includes(state.data.status) ? false : 10_000) });
  const goesOn = !!run.data && !ENDED.includes(run.data.status);
  const story = useRunEvents(slug, id, goesOn);
  useFresh(slug, id, story, goesOn);
  return { run, story };
}

/** What the stream tells has changed is read again: the run, and what hangs on it. So it is once the run has ended. */
function useFresh(slug: string, id: string, story: RunStory, goesOn: boolean) {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const seen = story.events.length;
  const readAgain = useCallback(() => {
    const ours = ([method, path, init]: readonly unknown[]) => {
      const about = JSON.stringify(init ?? {});
      return method === "get" && typeof path === "string" && about.includes(slug)
        && (about.includes(id) || path === APPROVAL);
    };
    void client.invalidateQueries({ predicate: (query) => ours(query.queryKey) });
  }, [client, id, slug]);
  useEffect(() => {
    if (seen > 0) timer.current ??= setTimeout(() => { timer.current = undefined; readAgain(); }, AT_MOST_EVERY);
  }, [readAgain, seen]);
  useEffect(() => () => { clearTimeout(timer.current); timer.current = undefined; }, []);
  useEffect(() => (goesOn ? readAgain : undefined), [goesOn, readAgain]); // as it stops, or is left
}

/** The run's requests for approval in full, oldest first: what was shown, decided and granted. */
export function useApprovals(slug: string, run: string): RequestDetail[] {
  const list = $api.useQuery("get", "/api/v1/tenants/{slug}/approvals/", {
    params: { path: { slug }, query: { subject: run } } });
  const ids = (list.data?.results ?? []).map((request) => request.id).reverse();
  const found = useQueries({ queries: ids.map((id) => (
    $api.queryOptions("get", APPROVAL, { params: { path: { slug, id } } }))) });
  return found.flatMap((each) => (each.data ? [each.data] : []));
}

export function useToolCalls(slug: string, run: string) {
  const calls = $api.useQuery("get", "/api/v1/tenants/{slug}/tool-calls/", {
    params: { path: { slug }, query: { run } } });
  return [...(calls.data?.results ?? [])].reverse();
}

export function useVersion(slug: string, workflow: string, number: number) {
  return $api.useQuery("get", "/api/v1/tenants/{slug}/workflows/{id}/versions/{number}/", {
    params: { path: { slug, id: workflow, number: String(number) } } }, { staleTime: Infinity });
}

/** What I may do with the run's workflow, and so with the run. */
export function useMay(slug: string, workflow: string | undefined): string[] {
  const found = $api.useQuery("get", "/api/v1/tenants/{slug}/workflows/{id}/", {
    params: { path: { slug, id: workflow ?? "" } } }, { enabled: !!workflow, staleTime: 60_000 });
  return found.data?.may ?? [];
}
