import { Link } from "@tanstack/react-router";
import { Workflow } from "lucide-react";
import { useState } from "react";
import { $api } from "@/api/client";
import { byCursor } from "@/api/pages";
import type { Template } from "@/api/schema";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Checkbox } from "@/components/field";
import { Page } from "@/components/page";
import { Empty, Failed, Skeleton } from "@/components/states";
import { Time } from "@/components/time";
import { useTranslation } from "@/lib/i18n";
import { useSlug, useUrlState } from "@/lib/url-state";
import { Gallery } from "./gallery";
import { NewWorkflow } from "./new-workflow";
import { WORKFLOWS } from "./paths";
import { useRole } from "./use-role";
import "./strings";

export function WorkflowsPage() {
  const { t } = useTranslation("workflows");
  const { t: common } = useTranslation();
  const slug = useSlug();
  const role = useRole(slug);
  const [archived, setArchived] = useUrlState("archived");
  const [making, setMaking] = useState(false);
  const found = $api.useInfiniteQuery("get", WORKFLOWS, { params: { path: { slug }, query: archived ? { archived: true } : {} } }, byCursor);
  const rows = found.data?.pages.flatMap((page) => page.results) ?? [];
  const mayMake = role !== "viewer";
  return (
    <Page title={t("title")} actions={mayMake && <Button onClick={() => setMaking(true)}>{t("new_blank")}</Button>}>
      <NewWorkflow slug={slug} open={making} onOpenChange={setMaking} />
      <section aria-label={t("yours")} className="grid gap-3">
        <Checkbox label={t("archived")} checked={!!archived} onChange={(event) => setArchived(event.target.checked ? "1" : "")} />
        {found.isPending && <Skeleton rows={4} tall />}
        {found.error && !found.data && <Failed error={found.error} retry={() => void found.refetch()} />}
        {found.data && rows.length === 0 && <Empty icon={Workflow} title={t(archived ? "empty.archived" : "empty.title")}>{!archived && t("empty.why")}</Empty>}
        {rows.length > 0 && (
          <ul className="divide-y divide-line overflow-hidden rounded-md border border-line bg-raised">
            {rows.map((each) => <WorkflowRow key={each.id} slug={slug} workflow={each} />)}
          </ul>
        )}
        {found.hasNextPage && (
          <Button className="justify-self-center" busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>{common("more")}</Button>
        )}
      </section>
      {mayMake && !archived && <Gallery slug={slug} />}
    </Page>
  );
}

function WorkflowRow({ slug, workflow }: { slug: string; workflow: Template }) {
  const { t } = useTranslation("workflows");
  const { published, newest, archived_at: archivedAt } = workflow;
  const canRun = !!published && !archivedAt && workflow.may.includes("run");
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="grid min-w-0 flex-1 basis-56 gap-1">
        <Link to="/t/$slug/workflows/$id" params={{ slug, id: workflow.id }} className="justify-self-start font-medium text-ink no-underline wrap-anywhere hover:underline">
          {workflow.name}
        </Link>
        <p className="flex flex-wrap items-center gap-2 text-sm text-ink-faint">
          {published ? <Badge tone="ok">{t("published", { number: published })}</Badge> : <Badge>{t("never_published")}</Badge>}
          {newest !== published && <Badge tone="accent">{t("newest_draft", { number: newest })}</Badge>}
          {workflow.gallery && t("from_gallery")} <Time at={workflow.created_at ?? ""} />
        </p>
      </div>
      <span className="flex gap-2">
        <Button asChild look="quiet"><Link to="/t/$slug/runs" params={{ slug }} search={{ workflow: workflow.id } as never}>{t("runs")}</Link></Button>
        {canRun && (
          <Button asChild><Link to="/t/$slug/workflows/$id/run" params={{ slug, id: workflow.id }} aria-label={t("run_label", { name: workflow.name })}>{t("run")}</Link></Button>
        )}
      </span>
    </li>
  );
}
