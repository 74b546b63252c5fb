import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { RunDetail } from "@/api/schema";
import { Id } from "@/components/copy";
import { Time } from "@/components/time";
import { useTranslation } from "@/lib/i18n";
import { count, money } from "@/lib/numbers";
import { duration } from "@/lib/time";

/** One quiet line or two: which workflow, who, when, what it took. */
export function RunFacts({ slug, run }: { slug: string; run: RunDetail }) {
  const { t } = useTranslation("runs");
  const facts: [string, ReactNode][] = [
    ["workflow", (
      <Link key="workflow" to="/t/$slug/workflows/$id" params={{ slug, id: run.workflow.id }} search={{ tab: "versions", view: run.version } as never}>
        {run.workflow.name} {t("version", { number: run.version })}
      </Link>
    )],
    ["who", run.started_by ?? t("nobody")],
    ["when", <Time key="when" at={run.created_at ?? ""} />],
    ["took", duration((run.active_seconds ?? 0) * 1000)],
    ["tokens", t("page.tokens_value", { in: count(run.tokens_in ?? 0), out: count(run.tokens_out ?? 0) })],
    ["cost", money(run.cost)],
  ];
  return (
    <dl aria-label={t("page.facts")} className="-mt-4 flex flex-wrap gap-x-6 gap-y-2 text-sm">
      {facts.map(([name, value]) => (
        <div key={name} className="min-w-0">
          <dt className="text-xs text-ink-faint">{t(`page.${name}`)}</dt>
          <dd className="wrap-anywhere">{value}</dd>
        </div>
      ))}
      <div><dt className="sr-only">{t("head.run")}</dt><dd className="pt-3"><Id value={run.id} /></dd></div>
    </dl>
  );
}
