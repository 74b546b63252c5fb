import { $api } from "@/api/client";
import { byCursor, rowsOf, useWhole } from "@/api/pages";
import type { WorkflowRights } from "@/api/schema";
import { useSlug } from "@/lib/url-state";

export const RIGHTS = "/api/v1/tenants/{slug}/permissions/";

/** Who may do what with each workflow that this person sees. */
export function useRights() {
  const slug = useSlug();
  const query = useWhole($api.useInfiniteQuery("get", RIGHTS, { params: { path: { slug } } }, byCursor));
  return { ...query, workflows: rowsOf<WorkflowRights>(query.data) };
}
