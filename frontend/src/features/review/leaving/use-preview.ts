import { $api } from "@/api/client";
import type { PreviewedEmail } from "@/api/schema";

/** The e-mail that a planned call would send now; until it is here, or when there is none, `why` says so. */
export function usePreview(slug: string, id: string, call: string): { made?: PreviewedEmail; why?: string } {
  const { data, error } = $api.useQuery("get", "/api/v1/tenants/{slug}/approvals/{id}/calls/{call}/preview/", {
    params: { path: { slug, id, call } },
  }, { staleTime: 60_000, meta: { stays: true } });
  return { made: data?.email, why: data?.detail ?? error?.detail };
}
