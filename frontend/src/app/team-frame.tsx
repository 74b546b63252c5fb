import { onlineManager, useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate, useRouter } from "@tanstack/react-router";
import { Suspense, useEffect, useSyncExternalStore } from "react";
import { meQuery } from "@/api/me";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Failed, Skeleton } from "@/components/states";
import { useTranslation } from "@/lib/i18n";
import { keep } from "@/lib/kept";
import { useSlug } from "@/lib/url-state";
import { BottomBar } from "./bottom-bar";
import { KeyHelp } from "./key-help";
import { NotFound } from "./not-found";
import { Palette } from "./palette";
import { sectionOf } from "./places";
import { Side } from "./side";

/** The frame around a team's pages. A team one is not in looks like one that isn't there. */
export function TeamFrame() {
  const { t } = useTranslation("app");
  const slug = useSlug();
  const me = useQuery({ ...meQuery, retry: false });
  const team = me.data?.tenants.find((tenant) => tenant.slug === slug);
  useEffect(() => { if (team) keep("team", team.slug); }, [team]);
  useArrival();
  const section = sectionOf(useLocation().pathname);

  if (me.isPending) return <main className="p-8"><Skeleton /></main>;
  if (!me.data && (me.error?.status === 401 || me.error?.status === 403)) return <ToSignIn />;
  if (!me.data) return <main><Failed error={me.error} retry={() => void me.refetch()} /></main>;
  if (!team) return <NotFound />;
  return (
    <div className="md:grid md:grid-cols-[13.5rem_minmax(0,1fr)]">
      <a href="#content" className="sr-only z-60 rounded-md bg-raised px-4 py-2 focus:not-sr-only focus:fixed focus:top-2 focus:left-2">
        {t("skip")}
      </a>
      <Side team={team} person={me.data} />
      <main id="content" tabIndex={-1} aria-label={section && t(section)} className="min-w-0 pb-20 outline-none md:pb-0">
        <div className="sticky top-0 z-20 px-4 md:px-8 *:mt-4">
          <Connection />
          {me.error?.status === 401 && <SignedOut />}
        </div>
        <Suspense fallback={<div className="p-8"><Skeleton /></div>}><Outlet key={team.id} /></Suspense>
      </main>
      <BottomBar team={team} person={me.data} />
      <Palette team={team} person={me.data} />
      <KeyHelp />
    </div>
  );
}

/** Another page is read from its beginning: without this the focus falls to nowhere, and nobody is told. */
function useArrival() {
  const router = useRouter();
  useEffect(() => router.subscribe("onRendered", ({ fromLocation, pathChanged }) => {
    if (fromLocation && pathChanged) document.getElementById("content")?.focus({ preventScroll: true });
  }), [router]);
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

/** A session that ended takes no page and nothing that was typed with it: one signs in beside it, and comes back. */
function SignedOut() {
  const { t } = useTranslation("app");
  const { href } = useLocation();
  return (
    <Banner tone="warn" live title={t("signed_out.title")} action={
      <Button asChild look="primary">
        <Link to="/sign-in" search={{ next: href } as never} target="_blank">{t("signed_out.sign_in")}</Link>
      </Button>
    }>{t("signed_out.why")}</Banner>
  );
}

function Connection() {
  const { t } = useTranslation("app");
  const online = useSyncExternalStore((tell) => onlineManager.subscribe(tell), () => onlineManager.isOnline());
  return online ? null : <Banner tone="warn" live>{t("offline")}</Banner>;
}
