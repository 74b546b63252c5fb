import { useState } from "react";
import type { Template } from "@/api/schema";
import { Select } from "@/components/field";
import { Failed, Skeleton } from "@/components/states";
import { useTranslation } from "@/lib/i18n";
import { useUrlState } from "@/lib/url-state";
import { SpecEditor } from "./spec-editor";
import { SpecReader } from "./spec-reader";
import { useVersion, useVersions } from "./use-versions";

type Props = { slug: string; workflow: Template };

/** The newest draft to edit where one may; otherwise the newest version to read. It stays that one while it is open,
 *  whatever others make meanwhile. */
export function SpecTab({ slug, workflow }: Props) {
  const { t } = useTranslation("workflows");
  const [asked, setAsked] = useUrlState("version");
  const list = useVersions(slug, workflow.id);
  const newest = (list.versions.find((version) => version.status === "draft") ?? list.versions[0])?.number;
  const [opened, setOpened] = useState<number>();
  if (opened === undefined && newest !== undefined) setOpened(newest);
  const wanted = asked ? Number(asked) : opened;
  const found = useVersion(slug, workflow.id, wanted);
  if (list.error && !list.data) return <Failed error={list.error} retry={() => void list.refetch()} />;
  if (found.error && !found.data) return <Failed error={found.error} retry={() => void found.refetch()} />;
  // What was read before, on another visit, may be old: an edit does not begin with that.
  if (!found.data || !found.isFetchedAfterMount || found.data.version.number !== wanted) return <Skeleton rows={14} />;
  const { version } = found.data;
  const editable = workflow.may.includes("edit") && version.status === "draft";
  const choice = (
    <VersionChoice versions={list.versions} value={version.number} onChange={(number) => setAsked(String(number))} label={t("spec.choose")} />
  );
  return editable
    ? <SpecEditor key={version.id} slug={slug} workflow={workflow} loaded={found.data} choice={choice} onMade={(number) => setAsked(String(number))} />
    : <SpecReader key={version.id} slug={slug} workflow={workflow} version={version} choice={choice} onMade={(number) => setAsked(String(number))} />;
}

type ChoiceProps = { versions: { number: number; status?: string }[]; value: number; onChange: (number: number) => void; label: string };

export function VersionChoice({ versions, value, onChange, label }: ChoiceProps) {
  const { t } = useTranslation("workflows");
  const { t: common } = useTranslation();
  return (
    <Select aria-label={label} className="h-8 w-auto" value={value} onChange={(event) => onChange(Number(event.target.value))}>
      {versions.map((each) => (
        <option key={each.number} value={each.number}>{t("spec.option", { number: each.number, state: common(`state.${each.status}`) })}</option>
      ))}
    </Select>
  );
}
