import { useQueries } from "@tanstack/react-query";
import { useEffect } from "react";
import { $api } from "@/api/client";
import type { ListedRequest, RequestDetail, RunDetail, ToolCall } from "@/api/schema";
import type { Spec } from "@/api/spec";

const APPROVAL = "/api/v1/tenants/{slug}/approvals/{id}/" as const;
const ENDED = ["completed", "rejected", "failed", "cancelled"];

/** A request never changes but in its state and decisions, so that looking again moves nothing that is being read. */
export function useRequest(slug: string, id: string) {
  return $api.useQuery("get", APPROVAL, { params: { path: { slug, id } } }, {
    refetchInterval: ({ state }) => (state.data?.status === "open" ? 4_000 : 15_000),
    meta: { stays: true },
  });
}

/** Every request of the same gate, newest revision first. */
export function useRevisions(slug: string, request: RequestDetail, busy: boolean): ListedRequest[] {
  const list = $api.useQuery("get", "/api/v1/tenants/{slug}/approvals/", {
    params: { path: { slug }, query: { subject: request.subject.id, page_size: 50 } },
  }, { refetchInterval: busy ? 2_000 : 8_000, meta: { stays: true } });
  return (list.data?.results ?? []).filter((each) => each.gate === request.gate);
}

/** A run that needs attention is not: whoever resolves it makes it go on. */
export const isOver = (run: RunDetail | null | undefined) => ENDED.includes(run?.status ?? "");

/** The run behind the request: its documents, drafts and limits; `null` when this person may not see it. */
export function useRun(slug: string, request: RequestDetail, watch: boolean) {
  const query = $api.useQuery("get", "/api/v1/tenants/{slug}/runs/{id}/", {
    params: { path: { slug, id: request.subject.id } },
  }, {
    enabled: request.subject.type === "run",
    staleTime: 60_000,
    refetchInterval: ({ state }) => (!watch || isOver(state.data) ? false : state.data?.status === "needs_attention" ? 10_000 : 2_500),
    meta: { stays: true },
  });
  return query.error?.status === 404 || query.error?.status === 403 ? null : query.data;
}

/** What the run's version calls its checks and its steps: better words than their ids. */
export function useWords(slug: string, run: RunDetail | null | undefined): Record<string, string> {
  const version = $api.useQuery("get", "/api/v1/tenants/{slug}/workflows/{id}/versions/{number}/", {
    params: { path: { slug, id: run?.workflow.id ?? "", number: String(run?.version ?? "") } },
  }, { enabled: Boolean(run), staleTime: Infinity, meta: { stays: true } });
  const nodes = (version.data?.spec as Spec | undefined)?.nodes ?? [];
  return Object.fromEntries(nodes.flatMap((node) => [
    [node.id, node.label ?? node.id], ...(node.checklist ?? []).map((check) => [`check:${check.id}`, check.text]),
  ]));
}

/** What was said about earlier revisions: of those that are closed, it is asked once. */
export function useEarlierWords(slug: string, earlier: ListedRequest[]) {
  return useQueries({
    queries: earlier.slice(0, 10).map((each) => $api.queryOptions("get", "/api/v1/tenants/{slug}/approvals/{id}/decisions/",
      { params: { path: { slug, id: each.id } } }, { staleTime: each.status === "open" ? 0 : Infinity, meta: { stays: true } })),
  }).map((query) => query.data?.results ?? []);
}

/**
 * The ledger's entries for the calls that this request released. It is looked again until all of them are done, or the
 * run is over; then once more, for what was written between the last look and the end.
 */
export function useEffects(slug: string, request: RequestDetail, run: RunDetail | null | undefined): ToolCall[] {
  const enabled = request.status === "approved";
  const over = isOver(run);
  const mine = (calls: ToolCall[] = []) => calls.filter((call) => call.request === request.id);
  const { data, refetch } = $api.useQuery("get", "/api/v1/tenants/{slug}/tool-calls/", {
    params: { path: { slug }, query: { run: request.subject.id } },
  }, {
    enabled,
    refetchInterval: ({ state }) => (over || undone(request, mine(state.data?.results)).length === 0 ? false
      : heldUntil(request) ? 10_000 : run ? 1_500 : 5_000),
    meta: { stays: true },
  });
  useEffect(() => { if (enabled && over) void refetch(); }, [enabled, over, refetch]);
  return mine(data?.results);
}

/** Calls that were released and that have not been done, as far as is known, and still may be. */
export function undone(request: RequestDetail, effects: ToolCall[]): string[] {
  const done = new Set(effects.filter((effect) => effect.state === "done").map((effect) => effect.call));
  const granted = request.grants.filter((grant) => ["held", "valid", "consumed"].includes(grant.status)).map((grant) => grant.call);
  return [...new Set(granted)].filter((call) => !done.has(call));
}

/** When the first call that is held back may be made. */
export function heldUntil(request: RequestDetail): string | undefined {
  return request.grants.filter((grant) => grant.status === "held").map((grant) => grant.not_before).sort()[0];
}

/** What waits for me, newest first, as the inbox has it. */
export function useWaiting(slug: string) {
  return $api.useQuery("get", "/api/v1/tenants/{slug}/approvals/", {
    params: { path: { slug }, query: { mine: true, status: "open" } },
  }, { meta: { stays: true } }).data?.results ?? [];
}
