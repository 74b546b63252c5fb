import { useQuery } from "@tanstack/react-query";
import { Navigate } from "@tanstack/react-router";
import { meQuery } from "@/api/me";
import { Failed, Skeleton } from "@/components/states";
import { kept } from "@/lib/kept";

/** `/`: the inbox of the team last looked at, the first team's, a new team, or sign-in. */
export function Home() {
  const me = useQuery({ ...meQuery, retry: false });
  if (me.isPending) return <main className="p-8"><Skeleton /></main>;
  if (me.error?.status === 401 || me.error?.status === 403) return <Navigate to="/sign-in" replace />;
  if (me.error) return <main><Failed error={me.error} retry={() => void me.refetch()} /></main>;
  const slugs = me.data.tenants.map((tenant) => tenant.slug);
  const last = kept("team");
  const slug = last && slugs.includes(last) ? last : slugs[0];
  return slug ? <Navigate to="/t/$slug/inbox" params={{ slug }} replace /> : <Navigate to="/teams/new" replace />;
}
