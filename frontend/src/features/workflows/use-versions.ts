import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, $api } from "@/api/client";
import { byCursor } from "@/api/pages";
import type { Problem } from "@/api/problem";
import type { Version, VersionSummary } from "@/api/schema";
import { VERSION, VERSIONS, WORKFLOW, WORKFLOWS } from "./paths";

/** Newest first; further pages on request. */
export function useVersions(slug: string, id: string) {
  const found = $api.useInfiniteQuery("get", VERSIONS, { params: { path: { slug, id } } }, byCursor);
  const versions: VersionSummary[] = found.data?.pages.flatMap((page) => page.results) ?? [];
  return { ...found, versions };
}

export type Loaded = { version: Version; etag: string };

export function versionKey(slug: string, id: string, number: number) {
  return ["get", VERSION, { slug, id, number }, "with etag"];
}

export async function loadVersion(slug: string, id: string, number: number): Promise<Loaded> {
  const { data, response } = await api.GET(VERSION, { params: { path: { slug, id, number: String(number) } } });
  return { version: data as Version, etag: response.headers.get("ETag") ?? "" };
}

/** Changes a draft over what `etag` stands for. Returns it with the ETag of just that, whatever somebody saves next. */
export async function saveVersion(
  slug: string, id: string, number: number, etag: string, body: { spec: string } | { notes: string },
): Promise<Loaded> {
  const { data, response } = await api.PATCH(VERSION, {
    params: { path: { slug, id, number: String(number) }, header: { "If-Match": etag } }, body });
  return { version: data as Version, etag: response.headers.get("ETag") ?? "" };
}

/** One version with its spec, and the ETag that an edit of it sends. Not read again by itself: somebody may be typing. */
export function useVersion(slug: string, id: string, number: number | undefined) {
  return useQuery<Loaded, Problem>({
    queryKey: versionKey(slug, id, number ?? 0), queryFn: () => loadVersion(slug, id, number ?? 0), enabled: number !== undefined,
    staleTime: 0, refetchOnWindowFocus: false, refetchOnReconnect: false,
  });
}

/** After anything was written about versions: lists and what is published are read again. */
export function useVersionsChanged() {
  const client = useQueryClient();
  return () => Promise.all([VERSIONS, VERSION, WORKFLOW, WORKFLOWS].map((path) => client.invalidateQueries({ queryKey: ["get", path] })));
}
