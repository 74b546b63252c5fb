import { ShieldCheck } from "lucide-react";
import { $api } from "@/api/client";
import type { ChainReport } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Id } from "@/components/copy";
import { useTranslation } from "@/lib/i18n";
import { count } from "@/lib/numbers";
import { useSlug } from "@/lib/url-state";

/** Asked for by hand: it walks the whole chain. */
export function useVerification() {
  const slug = useSlug();
  return $api.useQuery("get", "/api/v1/tenants/{slug}/audit/verify/", { params: { path: { slug } } },
    { enabled: false, gcTime: 0, retry: false });
}

type Query = ReturnType<typeof useVerification>;

export function VerifyButton({ query }: { query: Query }) {
  const { t } = useTranslation("audit");
  return (
    <Button busy={query.isFetching} onClick={() => void query.refetch()}>
      <ShieldCheck size={14} aria-hidden />{t("verify")}
    </Button>
  );
}

export function Verified({ query }: { query: Query }) {
  if (query.isFetching) return null;
  if (query.error) return <Banner tone="bad">{query.error.detail}</Banner>;
  return query.data ? <Report report={query.data} /> : null;
}

function Report({ report }: { report: ChainReport }) {
  const { t } = useTranslation("audit");
  const fault = report.first_fault;
  const head = <span className="flex items-center gap-1">{t("head")} <Id value={report.head} keep={20} /></span>;
  if (report.ok) return <Banner tone="ok" live title={t("holds", { entries: count(report.entries) })}>{head}</Banner>;
  const words = fault?.sequence
    ? t("broken", { sequence: count(fault.sequence), detail: fault.detail })
    : t("broken_nowhere", { detail: fault?.detail });
  return <Banner tone="bad" title={words}>{t("broken_next")}{head}</Banner>;
}
