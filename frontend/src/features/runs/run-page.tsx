import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { RunDetail } from "@/api/schema";
import { Status } from "@/components/badge";
import { Button } from "@/components/button";
import { Page } from "@/components/page";
import { DocumentsContext } from "@/components/source-link";
import { Failed, MayBeOld, Skeleton } from "@/components/states";
import { Tabs } from "@/components/tabs";
import { documentsIn } from "@/lib/documents";
import { useTranslation } from "@/lib/i18n";
import { useParam, useSlug, useUrlState } from "@/lib/url-state";
import { CancelRun } from "./cancel-run";
import { EventLog } from "./event-log";
import { Evidence } from "./evidence";
import { InputAndLimits } from "./input-and-limits";
import { LiveNotices } from "./live-notices";
import { Progress } from "./progress";
import { RunFacts } from "./run-facts";
import { ENDED } from "./states";
import { useMay, useRun } from "./use-run";
import { WhatItNeeds } from "./what-it-needs";
import "./strings";

export function RunPage() {
  const { t } = useTranslation("runs");
  const slug = useSlug();
  const id = useParam("id");
  const { run, story } = useRun(slug, id);
  const [tab, setTab] = useUrlState("tab", "progress");
  const may = useMay(slug, run.data?.workflow.id);
  const input = run.data?.input;
  const documents = useMemo(() => documentsIn(input), [input]);

  if (run.isPending) return <Page title={t("title")}><Skeleton rows={3} /><Skeleton rows={5} tall /></Page>;
  if (run.error && !run.data) return <Page title={t("title")}><Failed error={run.error} retry={() => void run.refetch()} /></Page>;
  const { data } = run;
  const tabs = [
    { value: "progress", label: t("page.progress"), content: <DocumentsContext value={documents}><Progress slug={slug} run={data} story={story} /></DocumentsContext> },
    { value: "input", label: t("page.input"), content: <InputAndLimits run={data} /> },
    { value: "evidence", label: t("page.evidence"), content: <Evidence slug={slug} run={data} /> },
    { value: "events", label: t("page.events"), content: <EventLog slug={slug} run={data} story={story} /> },
  ];
  return (
    <Page
      title={data.title || t("untitled")}
      above={<Link to="/t/$slug/runs" params={{ slug }}>{t("page.back")}</Link>}
      beside={<Status state={data.status} />}
      actions={<Actions slug={slug} run={data} may={may} />}
    >
      <RunFacts slug={slug} run={data} />
      <MayBeOld error={run.error} />
      <LiveNotices run={data} story={story} />
      <WhatItNeeds slug={slug} run={data} may={may} />
      <Tabs label={t("page.tabs")} tabs={tabs} value={tabs.some((each) => each.value === tab) ? tab : "progress"} onChange={setTab} />
    </Page>
  );
}

function Actions({ slug, run, may }: { slug: string; run: RunDetail; may: string[] }) {
  const { t } = useTranslation("runs");
  const [cancelling, setCancelling] = useState(false);
  if (!may.includes("run")) return null;
  if (ENDED.includes(run.status)) {
    return (
      <Button asChild><Link to="/t/$slug/workflows/$id/run" params={{ slug, id: run.workflow.id }}>{t("page.another")}</Link></Button>
    );
  }
  return (
    <>
      <Button look="danger" onClick={() => setCancelling(true)}>{t("page.cancel")}</Button>
      <CancelRun slug={slug} run={run} open={cancelling} onOpenChange={setCancelling} />
    </>
  );
}
