import { onlineManager, useQuery } from "@tanstack/react-query";
import { Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { Suspense, useEffect, useSyncExternalStore } from "react";
import { meQuery } from "@/api/me";
import { Banner } from "@/components/banner";
import { Failed, Skeleton } from "@/components/states";
import { useTranslation } from "@/lib/i18n";
import { keep } from "@/lib/kept";
import { useSlug } from "@/lib/url-state";
import { BottomBar } from "./bottom-bar";
import { KeyHelp } from "./key-help";
import { NotFound } from "./not-found";
import { Palette } from "./palette";
import { Side } from "./side";

/** The frame around a team's pages. A team one is not in looks like one that isn't there. */
export function TeamFrame() {
  const { t } = useTranslation("app");
  const slug = useSlug();
  const me = useQuery({ ...meQuery, retry: false });
  const team = me.data?.tenants.find((tenant) => tenant.slug === slug);
  useEffect(() => { if (team) keep("team", team.slug); }, [team]);

  if (me.isPending) return <main className="p-8"><Skeleton /></main>;
  if (me.error?.status === 401 || me.error?.status === 403) return <ToSignIn />;
  if (me.error && !me.data) return <main><Failed error={me.error} retry={() => void me.refetch()} /></main>;
  if (!team) return <NotFound />;
  return (
    <div className="md:grid md:grid-cols-[13.5rem_minmax(0,1fr)]">
      <a href="#content" className="sr-only z-60 rounded-md bg-raised px-4 py-2 focus:not-sr-only focus:fixed focus:top-2 focus:left-2">
        {t("skip")}
      </a>
      <Side team={team} person={me.data} />
      <main id="content" tabIndex={-1} className="min-w-0 pb-20 outline-none md:pb-0">
        <Connection />
        <Suspense fallback={<div className="p-8"><Skeleton /></div>}><Outlet key={team.id} /></Suspense>
      </main>
      <BottomBar team={team} person={me.data} />
      <Palette team={team} person={me.data} />
      <KeyHelp />
    </div>
  );
}

/** Once: while it is under way the address changes already, and must not become the one to come back to. */
function ToSignIn() {
  const { href } = useLocation();
  const navigate = useNavigate();
  useEffect(() => {
    void navigate({ to: "/sign-in", search: { next: href } as never, replace: true });
  }, []); // eslint-disable-line react-hooks/exhaustive-deps -- once
  return <main className="p-8"><Skeleton /></main>;
}

function Connection() {
  const { t } = useTranslation("app");
  const online = useSyncExternalStore((tell) => onlineManager.subscribe(tell), () => onlineManager.isOnline());
  return online ? null : <div className="px-4 pt-4 md:px-8"><Banner tone="warn" live>{t("offline")}</Banner></div>;
}
