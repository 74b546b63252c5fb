import { useMemo, useState } from "react";
import type { Template, VersionSummary } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Id } from "@/components/copy";
import { Panel } from "@/components/page";
import { Failed, Skeleton } from "@/components/states";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { useUrlState } from "@/lib/url-state";
import { useNavigate } from "@tanstack/react-router";
import { CodeEditor, TextDiff } from "./lazy-editors";
import { VersionChoice } from "./spec-tab";
import { toYaml } from "./spec-yaml";
import { useNewDraft } from "./use-new-draft";
import { useVersion } from "./use-versions";

type Props = { slug: string; workflow: Template; number: number; versions: VersionSummary[]; onClose: () => void };

/** One version's spec to read, or beside another one's. */
export function VersionView({ slug, workflow, number, versions, onClose }: Props) {
  const { t } = useTranslation("workflows");
  const navigate = useNavigate();
  const [against, setAgainst] = useUrlState("against");
  const [comparing, setComparing] = useState(against !== "");
  const found = useVersion(slug, workflow.id, number);
  const other = versions.find((version) => version.number === Number(against))?.number
    ?? versions.find((version) => version.number < number)?.number ?? versions.find((version) => version.number !== number)?.number;
  const make = useNewDraft((made) => {
    say(t("spec.new_made", { number: made.number }));
    void navigate({ to: ".", search: { version: made.number } as never });
  });
  const text = useMemo(() => (found.data ? toYaml(found.data.version.spec) : ""), [found.data]);
  const title = comparing && other ? t("versions.comparing", { left: other, right: number }) : t("versions.viewing", { number });
  return (
    <Panel title={title} actions={
      <span className="flex flex-wrap items-center gap-2">
        {found.data && <Id value={found.data.version.spec_hash} keep={15} />}
        {other !== undefined && <Button size="small" aria-pressed={comparing} onClick={() => setComparing(!comparing)}>{t(comparing ? "versions.view" : "versions.compare")}</Button>}
        {workflow.may.includes("edit") && found.data && (
          <Button size="small" busy={make.isPending}
            onClick={() => make.mutate({ params: { path: { slug, id: workflow.id } }, body: { spec: found.data.version.spec, notes: "" } })}>
            {t("versions.draft")}
          </Button>
        )}
        <Button size="small" look="quiet" onClick={() => { setAgainst(""); setTimeout(onClose); }}>{t("versions.close")}</Button>
      </span>
    }>
      {make.error && <Banner tone="bad">{make.error.detail}</Banner>}
      {found.error && !found.data && <Failed error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <Skeleton rows={10} />}
      {found.data && (comparing && other !== undefined
        ? <Compared slug={slug} workflow={workflow.id} left={other} right={number} text={text} versions={versions} onLeft={(left) => setAgainst(String(left))} />
        : <CodeEditor initial={text} readOnly label={t("spec.editor", { number })} />)}
    </Panel>
  );
}

type ComparedProps = { slug: string; workflow: string; left: number; right: number; text: string; versions: VersionSummary[]; onLeft: (number: number) => void };

function Compared({ slug, workflow, left, right, text, versions, onLeft }: ComparedProps) {
  const { t } = useTranslation("workflows");
  const found = useVersion(slug, workflow, left);
  const before = useMemo(() => (found.data ? toYaml(found.data.version.spec) : ""), [found.data]);
  return (
    <div className="grid gap-3">
      <p className="flex items-center gap-2 text-sm">
        {t("versions.against")}
        <VersionChoice label={t("versions.against")} versions={versions.filter((version) => version.number !== right)} value={left} onChange={onLeft} />
      </p>
      {found.error && <Failed error={found.error} retry={() => void found.refetch()} />}
      {found.data && before === text && <Banner>{t("versions.same")}</Banner>}
      {found.data && before !== text && <TextDiff left={before} right={text} label={t("versions.diff", { left, right })} />}
    </div>
  );
}
