import { type ReactNode, useMemo, useState } from "react";
import type { Template, Version } from "@/api/schema";
import { Status } from "@/components/badge";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { CodeEditor } from "./lazy-editors";
import { Outline } from "./outline";
import { SpecText, toYaml } from "./spec-yaml";
import { useNewDraft } from "./use-new-draft";

type Props = { slug: string; workflow: Template; version: Version; choice: ReactNode; onMade: (number: number) => void };

/** A spec that is only read: it was published, or one may not edit it. */
export function SpecReader({ slug, workflow, version, choice, onMade }: Props) {
  const { t } = useTranslation("workflows");
  const [goTo, setGoTo] = useState<{ at: number; asked: number }>();
  const text = useMemo(() => new SpecText(toYaml(version.spec)), [version.spec]);
  const make = useNewDraft((made) => { say(t("spec.new_made", { number: made.number })); onMade(made.number); });
  const mayEdit = workflow.may.includes("edit");
  const go = (at: number) => setGoTo((before) => ({ at, asked: (before?.asked ?? 0) + 1 }));
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-center gap-3">
        {choice}
        <Status state={version.status ?? "draft"} />
        {mayEdit && (
          <Button className="ml-auto" busy={make.isPending}
            onClick={() => make.mutate({ params: { path: { slug, id: workflow.id } }, body: { spec: version.spec, notes: "" } })}>
            {t("spec.new_draft")}
          </Button>
        )}
      </div>
      {make.error && <Banner tone="bad">{make.error.detail}</Banner>}
      <Banner>{t(mayEdit ? "spec.readonly_published" : "spec.readonly_rights")}</Banner>
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_16rem]">
        <CodeEditor initial={text.text} readOnly label={t("spec.editor", { number: version.number })} goTo={goTo} />
        <Outline text={text} onGo={go} />
      </div>
    </div>
  );
}
