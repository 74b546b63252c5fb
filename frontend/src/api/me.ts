import { useQuery } from "@tanstack/react-query";
import { useSlug } from "@/lib/url-state";
import { $api } from "./client";
import type { MembershipRole, OwnTenant, Person } from "./schema";

/** Who is signed in, and the teams they belong to. */
export const meQuery = $api.queryOptions("get", "/api/v1/me/", {}, { staleTime: 60_000 });

const RANK: MembershipRole[] = ["viewer", "editor", "admin", "owner"];

export function covers(role: MembershipRole, needed: MembershipRole): boolean {
  return RANK.indexOf(role) >= RANK.indexOf(needed);
}

type Here = { me?: Person; team?: OwnTenant; role: MembershipRole; isAdmin: boolean; isOwner: boolean };

/** The person on this team's page, and their role in it. The platform decides; pages use this to say why not. */
export function useHere(): Here {
  const slug = useSlug();
  const { data: me } = useQuery(meQuery);
  const team = me?.tenants.find((tenant) => tenant.slug === slug);
  const role = team?.role ?? "viewer";
  return { me, team, role, isAdmin: covers(role, "admin"), isOwner: role === "owner" };
}
