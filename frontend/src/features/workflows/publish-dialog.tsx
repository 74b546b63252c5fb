import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { AlertTriangle, CircleX } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import type { Problem } from "@/api/problem";
import type { Findings } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Dialog, DialogActions } from "@/components/dialog";
import { Field, Textarea } from "@/components/field";
import { Skeleton } from "@/components/states";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { type Loaded, loadVersion, saveVersion, useVersionsChanged } from "./use-versions";

const VALIDATE = "/api/v1/tenants/{slug}/workflows/{id}/versions/{number}/validate/";
const PUBLISH = "/api/v1/tenants/{slug}/workflows/{id}/versions/{number}/publish/";

type Props = {
  slug: string; workflow: string; number: number;
  /** Of the spec that was on screen: no other is published. */
  specHash: string;
  onClose: () => void;
  /** Asked to show the draft as it is now. */
  onLook: () => void;
  onNoted?: (now: Loaded) => void;
};
type Checked = { read: Loaded; findings: Findings };

/** Checks what is saved first, shows what it found, and publishes only what has no fault. */
export function PublishDialog({ slug, workflow, number, specHash, onClose, onLook, onNoted }: Props) {
  const { t } = useTranslation("workflows");
  const { t: common } = useTranslation();
  const path = { slug, id: workflow, number: String(number) };
  const changed = useVersionsChanged();
  const client = useQueryClient();
  const queryKey = ["publishable", path];
  const checked = useQuery<Checked, Problem>({
    queryKey, staleTime: Infinity, gcTime: 0, retry: false,
    queryFn: async () => {
      const read = await loadVersion(slug, workflow, number);
      return { read, findings: (await api.POST(VALIDATE, { params: { path } })).data as Findings };
    },
  });
  const [notes, setNotes] = useState("");
  const publish = useMutation<void, Problem, Checked>({
    mutationFn: async ({ read, findings }) => {
      const words = notes.trim();
      if (words && words !== read.version.notes) {
        const noted = await saveVersion(slug, workflow, number, read.etag, { notes: words });
        client.setQueryData<Checked>(queryKey, { read: noted, findings });
        onNoted?.(noted);
      }
      await api.POST(PUBLISH, { params: { path }, body: { spec_hash: specHash } });
    },
    onSuccess: async () => { say(t("publish.done", { number })); onClose(); await changed(); },
  });
  const late = ["version_changed", "precondition_failed"].includes(publish.error?.code ?? "")
    || (checked.data !== undefined && checked.data.read.version.spec_hash !== specHash);
  const faults = publish.error?.fields?.length ? publish.error.fields : checked.data?.findings.faults ?? [];
  const warnings = checked.data?.findings.warnings ?? [];
  const refused = checked.error ?? (publish.error && !publish.error.fields?.length ? publish.error : null);
  return (
    <Dialog open wide onOpenChange={(open) => { if (!open) onClose(); }} title={t("publish.title", { number })} description={t("publish.why")}>
      {checked.isPending && <><p>{t("publish.checking")}</p><Skeleton rows={3} /></>}
      {late && (
        <Banner tone="warn" live title={t("publish.changed")} action={<Button onClick={() => { onClose(); onLook(); }}>{t("publish.look")}</Button>}>
          {t("publish.changed_why")}
        </Banner>
      )}
      {refused && !late && <Banner tone="bad">{refused.detail}</Banner>}
      {faults.length > 0 && <Found title={t("publish.faults")} found={faults} bad />}
      {warnings.length > 0 && <Found title={t("publish.warnings")} found={warnings} />}
      {checked.data && !late && faults.length + warnings.length === 0 && <Banner tone="ok">{t("publish.fine")}</Banner>}
      <Field label={<>{t("publish.notes")}<span className="font-normal text-ink-faint"> · {common("optional")}</span></>} hint={t("publish.notes_hint")}>
        {(ids) => <Textarea {...ids} className="min-h-16" maxLength={4000} value={notes} onChange={(event) => setNotes(event.target.value)} />}
      </Field>
      <DialogActions>
        <Button onClick={onClose}>{common("cancel")}</Button>
        <Button look="primary" busy={publish.isPending} disabled={!checked.data || late || faults.length > 0} onClick={() => checked.data && publish.mutate(checked.data)}>
          {t("publish.action", { number })}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function Found({ title, found, bad }: { title: string; found: { field: string; detail: string }[]; bad?: boolean }) {
  const Icon = bad ? CircleX : AlertTriangle;
  return (
    <section className="grid gap-2">
      <h3 className={bad ? "font-medium text-bad" : "font-medium text-warn"}>{title}</h3>
      <ul className="grid gap-1.5">
        {found.map((each, index) => (
          <li key={index} className="flex items-start gap-2">
            <Icon size={14} aria-hidden className={bad ? "mt-0.5 shrink-0 text-bad" : "mt-0.5 shrink-0 text-warn"} />
            <span className="min-w-0 wrap-anywhere"><code className="font-mono text-xs text-ink-faint">{each.field}</code> {each.detail}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
