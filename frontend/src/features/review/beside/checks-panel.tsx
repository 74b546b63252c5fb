import { CheckCircle2, XCircle } from "lucide-react";
import type { Shown } from "@/api/schema";
import { Panel } from "@/components/page";
import { useTranslation } from "@/lib/i18n";

/** What the workflow's own supervisor thinks: it helps to look, it does not decide. */
export function ChecksPanel({ shown, words }: { shown: Shown; words: Record<string, string> }) {
  const { t } = useTranslation("review");
  const { verdict } = shown;
  const checks = verdict?.checks ?? [];
  const inOrder = [...checks.filter((check) => !check.passed), ...checks.filter((check) => check.passed)];
  return (
    <Panel title={t("checks.title")}>
      {!verdict && <p className="text-ink-soft">{t("checks.none")}</p>}
      {verdict && (
        <p className="flex gap-2">
          <Mark passed={verdict.verdict === "pass"} />
          <span><strong>{t(verdict.verdict === "pass" ? "checks.pass" : "checks.revise")}</strong> {verdict.summary}</span>
        </p>
      )}
      <Texts title={t("checks.objections")} texts={shown.objections} />
      {inOrder.length > 0 && (
        <ul className="grid gap-2 border-t border-line pt-3">
          {inOrder.map((check) => (
            <li key={check.id} className="flex gap-2">
              <Mark passed={check.passed} />
              <span className="min-w-0 wrap-anywhere">
                {words[`check:${check.id}`] ?? t(`checks.of.${check.id}`, { defaultValue: check.id })}
                {check.note && <span className="block text-sm text-ink-soft">{check.note}</span>}
              </span>
            </li>
          ))}
        </ul>
      )}
      <Texts title={t("checks.notes")} texts={shown.notes} />
    </Panel>
  );
}

function Mark({ passed }: { passed: boolean }) {
  const { t } = useTranslation("review");
  const Icon = passed ? CheckCircle2 : XCircle;
  return <Icon size={16} aria-label={t(passed ? "checks.passed" : "checks.failed")} className={passed ? "mt-0.5 shrink-0 text-ok" : "mt-0.5 shrink-0 text-bad"} />;
}

function Texts({ title, texts }: { title: string; texts: unknown[] }) {
  if (texts.length === 0) return null;
  return (
    <div className="grid gap-1">
      <h3 className="text-sm font-semibold text-ink-soft">{title}</h3>
      <ul className="grid gap-1.5">
        {texts.map((text, index) => (
          <li key={index} className="border-l-2 border-line pl-2 whitespace-pre-wrap wrap-anywhere">
            {typeof text === "string" ? text : JSON.stringify(text)}
          </li>
        ))}
      </ul>
    </div>
  );
}
