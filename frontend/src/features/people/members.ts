import { $api } from "@/api/client";
import { byCursor, rowsOf, useWhole } from "@/api/pages";
import type { Member } from "@/api/schema";
import { useSlug } from "@/lib/url-state";

export const MEMBERS = "/api/v1/tenants/{slug}/members/";

/** All members: pickers need them whole. */
export function useMembers() {
  const slug = useSlug();
  const query = useWhole($api.useInfiniteQuery("get", MEMBERS, { params: { path: { slug } } }, byCursor));
  return { ...query, members: rowsOf<Member>(query.data) };
}

export function nameOf(person: { name?: string; email: string }): string {
  return person.name || person.email;
}
