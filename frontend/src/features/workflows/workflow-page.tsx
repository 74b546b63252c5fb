import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { $api } from "@/api/client";
import type { Template } from "@/api/schema";
import { Badge } from "@/components/badge";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Page } from "@/components/page";
import { Failed, Skeleton } from "@/components/states";
import { Tabs } from "@/components/tabs";
import { useTranslation } from "@/lib/i18n";
import { useParam, useSlug, useUrlState } from "@/lib/url-state";
import { WORKFLOW } from "./paths";
import { PermissionsTab } from "./permissions-tab";
import { SpecTab } from "./spec-tab";
import { VersionsTab } from "./versions-tab";
import { WorkflowMenu } from "./workflow-menu";
import "./strings";

export function WorkflowPage() {
  const { t } = useTranslation("workflows");
  const slug = useSlug();
  const id = useParam("id");
  const [tab, setTab] = useUrlState("tab", "spec");
  const found = $api.useQuery("get", WORKFLOW, { params: { path: { slug, id } } });
  if (found.isPending) return <Page title={t("title")}><Skeleton rows={2} /><Skeleton rows={6} tall /></Page>;
  if (found.error && !found.data) return <Page title={t("title")}><Failed error={found.error} retry={() => void found.refetch()} /></Page>;
  const workflow = found.data;
  const tabs = [
    { value: "spec", label: t("page.spec"), content: <SpecTab slug={slug} workflow={workflow} /> },
    { value: "versions", label: t("page.versions"), content: <VersionsTab slug={slug} workflow={workflow} /> },
    { value: "permissions", label: t("page.permissions"), content: <PermissionsTab slug={slug} workflow={workflow} /> },
  ];
  return (
    <Page
      title={workflow.name}
      above={<Link to="/t/$slug/workflows" params={{ slug }}>{t("page.back")}</Link>}
      beside={workflow.published ? <Badge tone="ok">{t("published", { number: workflow.published })}</Badge> : <Badge>{t("never_published")}</Badge>}
      actions={<Actions slug={slug} workflow={workflow} />}
    >
      {workflow.archived_at && <Banner tone="warn">{t("page.archived")}</Banner>}
      <Tabs label={t("page.tabs")} tabs={tabs} value={tabs.some((each) => each.value === tab) ? tab : "spec"} onChange={setTab} />
    </Page>
  );
}

function Actions({ slug, workflow }: { slug: string; workflow: Template }) {
  const { t } = useTranslation("workflows");
  const canRun = !!workflow.published && !workflow.archived_at && workflow.may.includes("run");
  return (
    <>
      <Button asChild look="quiet"><Link to="/t/$slug/runs" params={{ slug }} search={{ workflow: workflow.id } as never}>{t("page.runs")}</Link></Button>
      {canRun && (
        <Button asChild look="primary">
          <Link to="/t/$slug/workflows/$id/run" params={{ slug, id: workflow.id }}><Play size={14} aria-hidden />{t("page.run")}</Link>
        </Button>
      )}
      {workflow.may.includes("edit") && <WorkflowMenu slug={slug} workflow={workflow} />}
    </>
  );
}
