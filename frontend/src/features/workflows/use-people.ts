import { $api } from "@/api/client";
import type { Member } from "@/api/schema";

/** The team's members, and how they are called by their user id. */
export function useMembers(slug: string): Member[] {
  const found = $api.useQuery("get", "/api/v1/tenants/{slug}/members/", {
    params: { path: { slug }, query: { page_size: 200 } } as never }, { staleTime: 60_000 });
  return found.data?.results ?? [];
}

export function usePeople(slug: string): (user: string) => string | undefined {
  const members = useMembers(slug);
  return (user) => {
    const found = members.find((member) => member.user === user);
    return found && (found.name || found.email);
  };
}
