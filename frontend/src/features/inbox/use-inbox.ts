import { $api } from "@/api/client";
import { byCursor } from "@/api/pages";

export type Which = "mine" | "all" | "settled";

export const SETTLED = ["approved", "rejected", "changes_requested", "expired", "cancelled", "superseded"];

/** Filters as the API knows them; `status` narrows down what `which` holds. */
export function queryOf(which: string, status: string) {
  if (which === "settled") return { status: SETTLED.includes(status) ? status : SETTLED.join(",") };
  return which === "all" ? { status: "open" } : { mine: true, status: "open" };
}

export function useInbox(slug: string, which: string, status: string) {
  return $api.useInfiniteQuery("get", "/api/v1/tenants/{slug}/approvals/", {
    params: { path: { slug }, query: queryOf(which, status) },
  }, { ...byCursor, refetchInterval: 5_000 });
}
