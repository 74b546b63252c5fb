import { $api } from "@/api/client";
import { byCursor, rowsOf, useWhole } from "@/api/pages";
import type { Member } from "@/api/schema";

/** All of the team's members, and how they are called by their user id. */
export function useMembers(slug: string): Member[] {
  const found = useWhole($api.useInfiniteQuery("get", "/api/v1/tenants/{slug}/members/", {
    params: { path: { slug } } }, { ...byCursor, staleTime: 60_000 }));
  return rowsOf<Member>(found.data);
}

export function usePeople(slug: string): (user: string) => string | undefined {
  const members = useMembers(slug);
  return (user) => {
    const found = members.find((member) => member.user === user);
    return found && (found.name || found.email);
  };
}
