import { $api } from "@/api/client";
import { byCursor, rowsOf, useWhole } from "@/api/pages";
import type { Credential } from "@/api/schema";
import { useSlug } from "@/lib/url-state";

export const MODELS = "/api/v1/tenants/{slug}/models/";
export const CREDENTIALS = "/api/v1/tenants/{slug}/credentials/";

/** The team's aliases and the built-in ones: asked of the team's own tool process. */
export function useModels() {
  const slug = useSlug();
  const query = $api.useQuery("get", MODELS, { params: { path: { slug } } });
  return { ...query, models: query.data?.results ?? [] };
}

/** All of them: an alias's picker needs them whole. */
export function useCredentials() {
  const slug = useSlug();
  const query = useWhole($api.useInfiniteQuery("get", CREDENTIALS, { params: { path: { slug } } }, byCursor));
  return { ...query, credentials: rowsOf<Credential>(query.data) };
}

export function useTools() {
  const slug = useSlug();
  const query = $api.useQuery("get", "/api/v1/tenants/{slug}/tools/", { params: { path: { slug } } });
  return { ...query, tools: query.data?.results ?? [] };
}
