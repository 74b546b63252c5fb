import { Check, X } from "lucide-react";
import type { Judgement } from "@/api/schema";
import { useTranslation } from "@/lib/i18n";

/** A supervisor's verdict with what it did not find. */
export function Verdict({ judgement: { verdict: word, summary, checks } }: { judgement: Judgement }) {
  const { t } = useTranslation("runs");
  const failed = checks.filter((check) => !check.passed);
  return (
    <div className="grid gap-1">
      <p>
        <span className={word === "pass" ? "inline-flex items-center gap-1 font-medium text-ok" : "inline-flex items-center gap-1 font-medium text-warn"}>
          {word === "pass" ? <Check size={12} aria-hidden /> : <X size={12} aria-hidden />}
          {t(word === "pass" ? "step.verdict_pass" : "step.verdict_revise")}
        </span>
        {checks.length > 0 && <span className="text-ink-faint"> · {t("step.checks", { passed: checks.length - failed.length, all: checks.length })}</span>}
      </p>
      {summary && <p>{summary}</p>}
      {failed.length > 0 && (
        <ul className="grid gap-0.5">
          {failed.map((check) => (
            <li key={check.id} className="flex gap-1">
              <X size={12} aria-label={t("step.failed_check")} className="mt-1 shrink-0 text-warn" />
              <span><span className="font-medium">{check.id}</span>{check.note && `: ${check.note}`}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
