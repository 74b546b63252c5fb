import { Link } from "@tanstack/react-router";
import type { Run } from "@/api/schema";
import { Status } from "@/components/badge";
import { Cell, Row, Table } from "@/components/table";
import { Time } from "@/components/time";
import { useTranslation } from "@/lib/i18n";
import { money } from "@/lib/numbers";

/** A table where there is room, cards on a phone: the same runs in the same order. */
export function RunRows({ slug, runs }: { slug: string; runs: Run[] }) {
  const { t } = useTranslation("runs");
  const head = ["run", "status", "workflow", "who", "revision", "cost", "when"].map((name) => t(`head.${name}`));
  return (
    <>
      <div className="hidden md:block">
        <Table label={t("list")} head={head}>
          {runs.map((run) => (
            <Row key={run.id}>
              <Cell className="max-w-72"><RunLink slug={slug} run={run} /></Cell>
              <Cell><RunState run={run} /></Cell>
              <Cell className="max-w-56 truncate">{run.workflow.name} <Version number={run.version} /></Cell>
              <Cell className="max-w-48 truncate" title={run.started_by ?? undefined}>{run.started_by ?? t("nobody")}</Cell>
              <Cell>{run.revision || null}</Cell>
              <Cell>{money(run.cost)}</Cell>
              <Cell className="whitespace-nowrap"><Time at={run.created_at ?? ""} /></Cell>
            </Row>
          ))}
        </Table>
      </div>
      <ul aria-label={t("list")} className="grid gap-2 md:hidden">
        {runs.map((run) => (
          <li key={run.id} className="grid gap-1 rounded-md border border-line bg-raised px-4 py-3">
            <div className="flex items-start justify-between gap-2"><RunLink slug={slug} run={run} /><RunState run={run} /></div>
            <p className="text-sm text-ink-soft">{run.workflow.name} <Version number={run.version} /></p>
            <p className="text-sm text-ink-faint"><Time at={run.created_at ?? ""} /> · {run.started_by ?? t("nobody")} · {money(run.cost)}</p>
          </li>
        ))}
      </ul>
    </>
  );
}

function RunLink({ slug, run }: { slug: string; run: Run }) {
  const { t } = useTranslation("runs");
  return (
    <Link to="/t/$slug/runs/$id" params={{ slug, id: run.id }} className="line-clamp-2 font-medium text-ink no-underline hover:underline">
      {run.title || t("untitled")}
    </Link>
  );
}

function RunState({ run }: { run: Run }) {
  const { t } = useTranslation("runs");
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2">
      <Status state={run.status} />
      {run.attention_reason && <span className="text-xs text-ink-soft">{t(`attention.${run.attention_reason}`, run.attention_reason)}</span>}
    </span>
  );
}

function Version({ number }: { number: number }) {
  const { t } = useTranslation("runs");
  return <span className="text-ink-faint">{t("version", { number })}</span>;
}
