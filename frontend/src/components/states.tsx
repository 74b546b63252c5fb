import { CircleSlash, Inbox, Lock, RotateCw, TriangleAlert } from "lucide-react";
import type { ComponentType, ReactNode } from "react";
import { useTranslation } from "@/lib/i18n";
import { Banner } from "./banner";
import { Button } from "./button";

type Icon = ComponentType<{ size?: number; "aria-hidden"?: boolean; className?: string }>;
type Props = { icon?: Icon; title: string; children?: ReactNode; action?: ReactNode; /** Nothing else is on the page: its heading is the page's. */ alone?: boolean };

/** What a page says instead of content. Every page has these on purpose: empty, failed, forbidden, gone. */
function Instead({ icon: Icon = Inbox, title, children, action, alone }: Props) {
  const Heading = alone ? "h1" : "h2";
  return (
    <div className="appear mx-auto grid max-w-md justify-items-center gap-3 px-4 py-16 text-center">
      <Icon size={28} aria-hidden className="text-ink-faint" />
      <Heading className="text-lg">{title}</Heading>
      {children && <div className="text-pretty text-ink-soft">{children}</div>}
      {action && <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

/** Nothing here yet: `title` says what this is, the children the first thing to do. */
export function Empty(props: Props) {
  return <Instead {...props} />;
}

/** The same for an id that never was, one that is gone, and one that belongs to another team. */
export function Gone({ action, alone }: { action?: ReactNode; alone?: boolean }) {
  const { t } = useTranslation();
  return <Instead icon={CircleSlash} title={t("gone.title")} action={action} alone={alone}>{t("gone.why")}</Instead>;
}

export function Forbidden({ who }: { who?: ReactNode }) {
  const { t } = useTranslation();
  return <Instead icon={Lock} title={t("forbidden.title")}>{who ?? t("forbidden.who")}</Instead>;
}

type Refusal = { status: number; detail: string };

/** Chooses the page for what was refused: gone, forbidden, or what happened with a way to try again. */
export function Failed({ error, retry }: { error: Refusal; retry?: () => void }) {
  const { t } = useTranslation();
  if (error.status === 404) return <Gone />;
  if (error.status === 403) return <Forbidden who={error.detail} />;
  return (
    <Instead
      icon={TriangleAlert} title={t(error.status === 0 ? "failed.unreachable" : "failed.title")}
      action={retry && <Button onClick={retry}><RotateCw size={14} aria-hidden />{t("retry")}</Button>}
    >
      <p role="alert">{error.detail}</p>
    </Instead>
  );
}

/** For what is still shown though it could not be asked for again; that is tried by itself. */
export function MayBeOld({ error }: { error: Refusal | null }) {
  const { t } = useTranslation();
  return error && <Banner tone="warn" live title={t("old")}>{error.detail}</Banner>;
}

/** Lines of a list's or a page's real shape; invisible for the first 200 ms. */
export function Skeleton({ rows = 6, tall = false }: { rows?: number; tall?: boolean }) {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t("loading")} className="grid gap-2">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} aria-hidden className={tall ? "skeleton h-14" : "skeleton h-8"} />
      ))}
    </div>
  );
}
