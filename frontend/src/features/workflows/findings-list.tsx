import { AlertTriangle, CheckCircle2, CircleX } from "lucide-react";
import { useTranslation } from "@/lib/i18n";
import type { Checked, Finding } from "./use-findings";

type Props = { checked: Checked; onGo: (at: number) => void };

/** The same as the marks at the lines, as a list to go through. */
export function FindingsList({ checked, onGo }: Props) {
  const { t } = useTranslation("workflows");
  const { findings, checking, problem } = checked;
  return (
    <section aria-label={t("spec.findings")} className="grid gap-2">
      <p role="status" className="flex flex-wrap items-center gap-2 text-sm"><Summary {...{ findings, checking, problem }} /></p>
      {findings.length > 0 && (
        <ul className="grid max-h-72 gap-1 overflow-y-auto">
          {findings.map((finding, index) => (
            <li key={index}>
              <button type="button" onClick={() => onGo(finding.from)} className="flex w-full items-start gap-2 rounded-md px-2 py-1.5 text-left hover:bg-sunken">
                <Mark severity={finding.severity} />
                <span className="min-w-0 wrap-anywhere">
                  <span className="text-ink-faint">{t("spec.line", { line: finding.line })} </span>{finding.detail}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Summary({ findings, checking, problem }: Pick<Checked, "findings" | "checking" | "problem">) {
  const { t } = useTranslation("workflows");
  const faults = findings.filter((finding) => finding.severity === "error").length;
  const warnings = findings.length - faults;
  if (problem) return <span className="text-warn">{t("spec.unchecked", { detail: problem })}</span>;
  if (checking && findings.length === 0) return <span className="text-ink-faint">{t("spec.checking")}</span>;
  if (findings.length === 0) return <span className="inline-flex items-center gap-1.5 text-ok"><CheckCircle2 size={14} aria-hidden />{t("spec.fine")}</span>;
  return (
    <>
      {faults > 0 && <span className="inline-flex items-center gap-1.5 font-medium text-bad"><CircleX size={14} aria-hidden />{t("spec.faults", { count: faults })}</span>}
      {warnings > 0 && <span className="inline-flex items-center gap-1.5 font-medium text-warn"><AlertTriangle size={14} aria-hidden />{t("spec.warnings", { count: warnings })}</span>}
      {checking && <span className="text-ink-faint">{t("spec.checking")}</span>}
    </>
  );
}

function Mark({ severity }: { severity: Finding["severity"] }) {
  const { t } = useTranslation("workflows");
  return severity === "error"
    ? <CircleX size={14} aria-label={t("spec.fault")} className="mt-0.5 shrink-0 text-bad" />
    : <AlertTriangle size={14} aria-label={t("spec.warning")} className="mt-0.5 shrink-0 text-warn" />;
}
