import { type ReactNode, useState } from "react";
import type { Template } from "@/api/schema";
import { Status } from "@/components/badge";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { DraftConflict } from "./draft-conflict";
import { FindingsList } from "./findings-list";
import { CodeEditor } from "./lazy-editors";
import { Outline } from "./outline";
import { PublishDialog } from "./publish-dialog";
import { useDraft } from "./use-draft";
import { useFindings } from "./use-findings";
import { useNewDraft } from "./use-new-draft";
import type { Loaded } from "./use-versions";
import { useLeaveWarning } from "./use-leave-warning";

type Props = { slug: string; workflow: Template; loaded: Loaded; choice: ReactNode; onMade: (number: number) => void };

/** A draft being written: checked as one types, saved when one says so, published when it has no faults. */
export function SpecEditor({ slug, workflow, loaded, choice, onMade }: Props) {
  const { t } = useTranslation("workflows");
  const draft = useDraft(slug, workflow.id, loaded);
  const { number, text, dirty, conflict, error } = draft;
  const checked = useFindings(slug, workflow.id, text);
  const [goTo, setGoTo] = useState<{ at: number; asked: number }>();
  const [publishing, setPublishing] = useState(false);
  const goesAlong = useLeaveWarning(dirty, t("spec.leave"));
  const make = useNewDraft((made) => {
    goesAlong();
    say(t("spec.new_made", { number: made.number }));
    onMade(made.number);
  });
  const go = (at: number) => setGoTo((before) => ({ at, asked: (before?.asked ?? 0) + 1 }));
  const marks = checked.text.text === text ? checked.findings.map(({ from, to, severity, detail }) => ({ from, to, severity, message: detail })) : undefined;
  const published = error?.code === "version_published" || error?.code === "version_retired";

  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-center gap-2">
        {choice}
        <Status state="draft" />
        {dirty && <span className="text-sm text-warn">{t("spec.unsaved")}</span>}
        <span className="ml-auto flex flex-wrap gap-2">
          {dirty && <Button look="quiet" onClick={draft.discard}>{t("spec.discard")}</Button>}
          <Button look={dirty ? "primary" : "plain"} disabled={!dirty || !!conflict} busy={draft.saving} onClick={draft.save}>{t("spec.save")}</Button>
          {workflow.may.includes("publish") && <Button disabled={dirty} title={dirty ? t("publish.unsaved") : undefined} onClick={() => setPublishing(true)}>{t("spec.publish")}</Button>}
        </span>
      </div>
      {published && (
        <Banner tone="warn" live action={
          <Button busy={make.isPending} onClick={() => make.mutate({ params: { path: { slug, id: workflow.id } }, body: { spec: text, notes: "" } })}>{t("spec.save_as_new")}</Button>
        }>{t("spec.published_meanwhile")}</Banner>
      )}
      {error && !published && !conflict && <Banner tone="bad">{error.detail}</Banner>}
      {conflict && <DraftConflict conflict={conflict} mine={text} busy={draft.saving} onMine={draft.overwrite} onTheirs={draft.takeTheirs} />}
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_18rem]">
        <CodeEditor key={draft.begun} initial={draft.initial} label={t("spec.editor", { number })} onChange={draft.change} marks={marks} goTo={goTo} />
        <aside className="grid gap-6 lg:sticky lg:top-4">
          <FindingsList checked={checked} onGo={go} />
          {checked.text.hasComments && <p className="px-2 text-sm text-ink-faint">{t("spec.comments")}</p>}
          <Outline text={checked.text} onGo={go} />
        </aside>
      </div>
      {publishing && (
        <PublishDialog slug={slug} workflow={workflow.id} number={number} specHash={draft.stands.specHash} onNoted={draft.noted}
          onClose={() => setPublishing(false)} onLook={() => void draft.look()} />
      )}
    </div>
  );
}
