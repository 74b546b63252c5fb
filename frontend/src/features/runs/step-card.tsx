import type { Step } from "@/api/schema";
import { Status } from "@/components/badge";
import { type TFunction, useTranslation } from "@/lib/i18n";
import { count, money } from "@/lib/numbers";
import { duration } from "@/lib/time";
import { type DrawnNode, nameOf } from "./graph";
import { Verdict } from "./verdict";

/** One node: what it is, how it stands, and what its last try took; earlier tries fold away. */
export function StepCard({ row: { node, tries, state } }: { row: DrawnNode }) {
  const { t } = useTranslation("runs");
  const last = tries.at(-1);
  const earlier = tries.slice(0, -1);
  return (
    <div className="grid gap-1 pt-3">
      <div className="flex flex-wrap items-baseline gap-x-2">
        <h3 className="min-w-0 font-medium wrap-anywhere first-letter:uppercase">{nameOf(node, node.id)}</h3>
        <span className="text-xs text-ink-faint">{t(`graph.kind.${node.type}`, node.type)}{node.tool && ` · ${node.tool}`}</span>
        <span className="ml-auto text-xs font-medium text-ink-soft">{t(`graph.state.${state}`)}</span>
      </div>
      {last && <Try step={last} />}
      {earlier.length > 0 && (
        <details className="text-sm">
          <summary className="cursor-pointer py-1 text-xs text-accent">{t("graph.show_tries", { count: earlier.length })}</summary>
          <ol className="grid gap-2 border-l border-line pl-3">
            {earlier.map((step, index) => <li key={index}><Try step={step} /></li>)}
          </ol>
        </details>
      )}
    </div>
  );
}

function Try({ step }: { step: Step }) {
  const { t } = useTranslation("runs");
  return (
    <div className="grid gap-1 text-sm text-ink-soft">
      <p className="text-xs text-ink-faint tabular-nums">{facts(step, t).join(" · ")}</p>
      {step.status === "lost" && <p>{t("step.lost")}</p>}
      {step.detail && (
        <p className={step.status === "failed" ? "text-bad" : undefined}>
          {step.detail}
          {step.error_class && <span className="text-ink-faint"> ({t(`step.class.${step.error_class}`, step.error_class)})</span>}
        </p>
      )}
      {step.decision && <p><Status state={step.decision} /></p>}
      {step.verdict && <Verdict judgement={step.verdict} />}
    </div>
  );
}

function facts(step: Step, t: TFunction<"runs">): string[] {
  const told: string[] = [];
  if (step.revision) told.push(t("step.revision", { number: step.revision }));
  if (step.duration_ms !== undefined) told.push(duration(step.duration_ms));
  if (step.model) told.push(step.provider && step.provider !== step.model ? `${step.model} (${step.provider})` : step.model);
  if (step.tokens_in || step.tokens_out) told.push(t("step.tokens", { in: count(step.tokens_in ?? 0), out: count(step.tokens_out ?? 0) }));
  if (step.cost) told.push(money(step.cost));
  return told;
}
