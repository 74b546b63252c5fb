import { useQuery } from "@tanstack/react-query";
import { meQuery } from "@/api/me";

/** My membership role in the team; a viewer's until it is known. */
export function useRole(slug: string): string {
  const me = useQuery(meQuery);
  return me.data?.tenants.find((tenant) => tenant.slug === slug)?.role ?? "viewer";
}
