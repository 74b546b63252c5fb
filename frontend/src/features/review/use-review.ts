import { useQueries } from "@tanstack/react-query";
import { $api } from "@/api/client";
import type { ListedRequest, RequestDetail, RunDetail } from "@/api/schema";

const APPROVAL = "/api/v1/tenants/{slug}/approvals/{id}/" as const;
const ENDED = ["completed", "rejected", "failed", "cancelled", "needs_attention"];

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

export const isOver = (run: RunDetail | undefined) => ENDED.includes(run?.status ?? "");

/** The run behind the request: its documents, drafts and limits; `null` when this person may not see it. */
export function useRun(slug: string, request: RequestDetail, watch: boolean) {
  const query = $api.useQuery("get", "/api/v1/tenants/{slug}/runs/{id}/", {
    params: { path: { slug, id: request.subject.id } },
  }, {
    enabled: request.subject.type === "run",
    staleTime: 60_000,
    refetchInterval: ({ state }) => (watch && !isOver(state.data) ? 2_500 : false),
    meta: { stays: true },
  });
  return query.error?.status === 404 || query.error?.status === 403 ? null : query.data;
}

/** What the run's version calls its checks and its steps: better words than their ids. */
export function useWords(slug: string, run: RunDetail | null | undefined): Record<string, string> {
  const version = $api.useQuery("get", "/api/v1/tenants/{slug}/workflows/{id}/versions/{number}/", {
    params: { path: { slug, id: run?.workflow.id ?? "", number: String(run?.version ?? "") } },
  }, { enabled: Boolean(run), staleTime: Infinity, meta: { stays: true } });
  const nodes = (version.data?.spec as { nodes?: SpecNode[] } | undefined)?.nodes ?? [];
  return Object.fromEntries(nodes.flatMap((node) => [
    [node.id, node.label ?? node.id], ...(node.checklist ?? []).map((check) => [`check:${check.id}`, check.text]),
  ]));
}

type SpecNode = { id: string; label?: string; checklist?: { id: string; text: string }[] };

/** What was said about earlier revisions; they are closed, so it is asked once. */
export function useEarlierWords(slug: string, earlier: ListedRequest[]) {
  return useQueries({
    queries: earlier.slice(0, 10).map((each) => $api.queryOptions("get", "/api/v1/tenants/{slug}/approvals/{id}/decisions/",
      { params: { path: { slug, id: each.id } } }, { staleTime: Infinity, meta: { stays: true } })),
  }).map((query) => query.data?.results ?? []);
}

/** The ledger's entries for the calls that this request released. */
export function useEffects(slug: string, request: RequestDetail, running: boolean) {
  const calls = $api.useQuery("get", "/api/v1/tenants/{slug}/tool-calls/", {
    params: { path: { slug }, query: { run: request.subject.id } },
  }, { enabled: request.status === "approved", refetchInterval: running ? 1_500 : false, meta: { stays: true } });
  return (calls.data?.results ?? []).filter((call) => call.request === request.id);
}

/** What waits for me, newest first, as the inbox has it. */
export function useWaiting(slug: string) {
  return $api.useQuery("get", "/api/v1/tenants/{slug}/approvals/", {
    params: { path: { slug }, query: { mine: true, status: "open" } },
  }, { meta: { stays: true } }).data?.results ?? [];
}
