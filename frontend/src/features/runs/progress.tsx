import type { RunStory } from "@/api/run-events";
import type { RunDetail } from "@/api/schema";
import type { Spec } from "@/api/spec";
import { Panel } from "@/components/page";
import { Failed, Skeleton } from "@/components/states";
import { useTranslation } from "@/lib/i18n";
import { Artifacts } from "./artifacts";
import { Decisions } from "./decisions";
import { Drafts } from "./drafts";
import { drawn } from "./graph";
import { StepGraph } from "./step-graph";
import { ToolCalls } from "./tool-calls";
import { useApprovals, useVersion } from "./use-run";

/** The steps beside what they make: the draft as it is written, what was called, what was decided. */
export function Progress({ slug, run, story }: { slug: string; run: RunDetail; story: RunStory }) {
  const { t } = useTranslation("runs");
  const version = useVersion(slug, run.workflow.id, run.version);
  const approvals = useApprovals(slug, run.id);
  const openGate = approvals.find((request) => request.id === run.request && request.status === "open")?.gate;
  const spec = version.data?.spec as Spec | undefined;
  const rows = spec ? drawn(spec, run, openGate) : [];
  return (
    <div className="grid min-w-0 items-start gap-6 lg:grid-cols-[minmax(20rem,26rem)_minmax(0,1fr)]">
      <div className="contents min-w-0 gap-6 lg:grid">
        <Panel title={t("graph.title")} className="order-1">
          {version.isPending && <Skeleton rows={5} tall />}
          {version.error && <Failed error={version.error} retry={() => void version.refetch()} />}
          {spec && <StepGraph rows={rows} />}
        </Panel>
        <div className="order-3 grid min-w-0 gap-6">
          <Decisions slug={slug} approvals={approvals} />
          <ToolCalls slug={slug} run={run} />
          <Artifacts slug={slug} run={run} />
        </div>
      </div>
      <div className="order-2 min-w-0"><Drafts run={run} story={story} rows={rows} /></div>
    </div>
  );
}
