import { Download, ScrollText } from "lucide-react";
import { $api } from "@/api/client";
import { useHere } from "@/api/me";
import { byCursor, rowsOf } from "@/api/pages";
import type { AuditEntry } from "@/api/schema";
import { Button } from "@/components/button";
import { Page } from "@/components/page";
import { More, Rows } from "@/components/rows";
import { Stale } from "@/components/stale";
import { Empty, Failed, Forbidden, Skeleton } from "@/components/states";
import { useTranslation } from "@/lib/i18n";
import { useSlug, useUrlState } from "@/lib/url-state";
import { AuditRow } from "./audit-row";
import { Filters } from "./filters";
import { useVerification, Verified, VerifyButton } from "./verification";
import "./strings";

export function AuditPage() {
  const { t } = useTranslation("audit");
  const slug = useSlug();
  const { role, isAdmin } = useHere();
  const verification = useVerification();
  if (!isAdmin) {
    return <Page title={t("title")}><Forbidden who={t("forbidden", { role: t(`common:role.${role}`).toLowerCase() })} /></Page>;
  }
  const download = (
    <Button asChild>
      <a href={`/api/v1/tenants/${slug}/audit/export/`} download><Download size={14} aria-hidden />{t("export")}</a>
    </Button>
  );
  return (
    <Page title={t("title")} actions={<><VerifyButton query={verification} />{download}</>}>
      <Verified query={verification} />
      <Filters />
      <Entries />
    </Page>
  );
}

function Entries() {
  const { t } = useTranslation("audit");
  const slug = useSlug();
  const [action] = useUrlState("action");
  const [actor] = useUrlState("actor");
  const [subject] = useUrlState("subject");
  const asked = { ...(action && { action }), ...(actor && { actor }), ...(subject && { subject }) };
  const query = $api.useInfiniteQuery("get", "/api/v1/tenants/{slug}/audit/", { params: { path: { slug }, query: asked } }, byCursor);
  if (query.isPending) return <Skeleton tall />;
  if (query.error && !query.data) return <Failed error={query.error} retry={() => void query.refetch()} />;
  const entries = rowsOf<AuditEntry>(query.data);
  if (entries.length === 0) {
    return <Empty icon={ScrollText} title={t(Object.keys(asked).length ? "empty_filtered" : "empty")}>{t("empty_why")}</Empty>;
  }
  return (
    <div className="grid gap-4">
      <Stale query={query} />
      <Rows label={t("list")}>{entries.map((entry) => <AuditRow key={entry.id} entry={entry} />)}</Rows>
      <More query={query} />
    </div>
  );
}
