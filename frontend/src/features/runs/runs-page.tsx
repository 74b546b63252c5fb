import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { $api } from "@/api/client";
import { byCursor } from "@/api/pages";
import { Button } from "@/components/button";
import { Page } from "@/components/page";
import { Empty, Failed, MayBeOld, Skeleton } from "@/components/states";
import { useTranslation } from "@/lib/i18n";
import { useSlug, useUrlState } from "@/lib/url-state";
import { RunFilters } from "./run-filters";
import { RunRows } from "./run-rows";
import { refreshEvery } from "./states";
import "./strings";

const RUNS = "/api/v1/tenants/{slug}/runs/";

export function RunsPage() {
  const { t } = useTranslation("runs");
  const { t: common } = useTranslation();
  const slug = useSlug();
  const [status, setStatus] = useUrlState("status");
  const [workflow, setWorkflow] = useUrlState("workflow");
  const query = { ...(status && { status: status as never }), ...(workflow && { workflow }) };
  const runs = $api.useInfiniteQuery("get", RUNS, { params: { path: { slug }, query } }, {
    ...byCursor,
    refetchInterval: ({ state }) => refreshEvery(state.data?.pages.flatMap((page) => page.results) ?? []),
  });
  const rows = runs.data?.pages.flatMap((page) => page.results) ?? [];
  const clear = () => { setStatus(""); setTimeout(() => setWorkflow("")); };

  return (
    <Page title={t("title")} actions={<StartButton slug={slug} />}>
      <RunFilters slug={slug} status={status} onStatus={setStatus} workflow={workflow} onWorkflow={setWorkflow} />
      {runs.isPending && <Skeleton rows={8} tall />}
      {runs.data && <MayBeOld error={runs.error} />}
      {runs.error && !runs.data && <Failed error={runs.error} retry={() => void runs.refetch()} />}
      {runs.data && rows.length === 0 && (
        status || workflow
          ? <Empty title={t("empty.none")} action={<Button onClick={clear}>{t("filter.clear")}</Button>}>{t("empty.widen")}</Empty>
          : <Empty icon={Play} title={t("empty.title")} action={<StartButton slug={slug} look="primary" label={t("empty.first")} />}>{t("empty.why")}</Empty>
      )}
      {rows.length > 0 && <RunRows slug={slug} runs={rows} />}
      {runs.hasNextPage && (
        <Button className="justify-self-center" busy={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
          {common("more")}
        </Button>
      )}
    </Page>
  );
}

function StartButton({ slug, label, look = "plain" }: { slug: string; label?: string; look?: "plain" | "primary" }) {
  const { t } = useTranslation("runs");
  return (
    <Button asChild look={look}>
      <Link to="/t/$slug/workflows" params={{ slug }}><Play size={14} aria-hidden />{label ?? t("start")}</Link>
    </Button>
  );
}
