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
export function Verification() {
  const { t } = useTranslation("audit");
  const slug = useSlug();
  const query = $api.useQuery("get", "/api/v1/tenants/{slug}/audit/verify/", { params: { path: { slug } } },
    { enabled: false, gcTime: 0, retry: false });
  return (
    <div className="grid justify-items-start gap-3">
      <Button busy={query.isFetching} onClick={() => void query.refetch()}><ShieldCheck size={14} aria-hidden />{t("verify")}</Button>
      {query.error && <Banner tone="bad">{query.error.detail}</Banner>}
      {query.data && !query.isFetching && <Report report={query.data} />}
    </div>
  );
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
