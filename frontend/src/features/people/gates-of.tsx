import type { GateRule, WorkflowRights } from "@/api/schema";
import { Banner } from "@/components/banner";
import { useTranslation } from "@/lib/i18n";

/** What each gate of the newest published version takes, and which of it nobody can give. */
export function GatesOf({ workflow }: { workflow: WorkflowRights }) {
  const { t } = useTranslation("people");
  if (workflow.published === null) return <p className="text-ink-soft">{t("decide.unpublished")}</p>;
  const version = { version: workflow.published };
  if (workflow.gates.length === 0) return <p className="text-ink-soft">{t("decide.no_gate", version)}</p>;
  return (
    <section className="grid gap-1.5">
      <h3 className="text-sm">{t("decide.gates", version)}</h3>
      {workflow.gates.map((gate) => (
        <div key={gate.id} className="grid gap-2">
          <p><code className="font-mono text-xs text-ink-soft">{gate.id}</code>{" "}{gate.words}</p>
          {gate.rules.filter((rule) => rule.lacks > 0).map((rule) => <Unmeetable key={rule.role_id} rule={rule} />)}
        </div>
      ))}
    </section>
  );
}

function Unmeetable({ rule }: { rule: GateRule }) {
  const { t } = useTranslation("people");
  return <Banner tone="warn">{t("decide.lacks", { role: rule.role, need: rule.count, count: rule.lacks })}</Banner>;
}
