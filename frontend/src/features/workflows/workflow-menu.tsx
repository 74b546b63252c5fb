import { Archive, ArchiveRestore, MoreHorizontal, PencilLine } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { Template } from "@/api/schema";
import { faultOf } from "@/api/problem";
import { Banner } from "@/components/banner";
import { Button, IconButton } from "@/components/button";
import { Confirm, Dialog, DialogActions } from "@/components/dialog";
import { Field, Input } from "@/components/field";
import { Menu, MenuItem } from "@/components/menu";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { useEditWorkflow, useWorkflowEtag } from "./edit-workflow";

type Props = { slug: string; workflow: Template };

export function WorkflowMenu({ slug, workflow }: Props) {
  const { t } = useTranslation("workflows");
  const [asking, setAsking] = useState<"rename" | "archive">();
  const restore = useEditWorkflow(() => say(t("archive.restored")));
  const path = { slug, id: workflow.id };
  return (
    <>
      <Menu align="end" trigger={<IconButton look="plain" label={t("page.more")}><MoreHorizontal size={16} aria-hidden /></IconButton>}>
        <MenuItem onSelect={() => setAsking("rename")}><PencilLine size={14} aria-hidden />{t("page.rename")}</MenuItem>
        {workflow.archived_at
          ? <MenuItem onSelect={() => restore.mutate({ params: { path }, body: { archived: false } })}><ArchiveRestore size={14} aria-hidden />{t("page.restore")}</MenuItem>
          : <MenuItem danger onSelect={() => setAsking("archive")}><Archive size={14} aria-hidden />{t("page.archive")}</MenuItem>}
      </Menu>
      {asking === "rename" && <Rename slug={slug} workflow={workflow} onClose={() => setAsking(undefined)} />}
      {asking === "archive" && <ArchiveIt slug={slug} workflow={workflow} onClose={() => setAsking(undefined)} />}
    </>
  );
}

function Rename({ slug, workflow, onClose }: Props & { onClose: () => void }) {
  const { t } = useTranslation("workflows");
  const { t: common } = useTranslation();
  const [name, setName] = useState(workflow.name);
  const etag = useWorkflowEtag(slug, workflow.id, true);
  const edit = useEditWorkflow(() => { say(t("rename.done")); onClose(); });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    edit.mutate({ params: { path: { slug, id: workflow.id }, header: { "If-Match": etag } }, body: { name: name.trim() } });
  };
  const ofField = faultOf(edit.error, "name") ?? (edit.error?.code === "name_taken" ? edit.error.detail : undefined);
  return (
    <Dialog open onOpenChange={(open) => { if (!open) onClose(); }} title={t("rename.title")}>
      <form onSubmit={submit} className="grid gap-4">
        <Field label={t("rename.name")} error={ofField} required>
          {(ids) => <Input {...ids} autoFocus maxLength={120} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Refused error={edit.error} shown={!!ofField} />
        <DialogActions>
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button look="primary" type="submit" busy={edit.isPending}>{t("rename.action")}</Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function ArchiveIt({ slug, workflow, onClose }: Props & { onClose: () => void }) {
  const { t } = useTranslation("workflows");
  const etag = useWorkflowEtag(slug, workflow.id, true);
  const edit = useEditWorkflow(() => { say(t("archive.done")); onClose(); });
  return (
    <Confirm open onOpenChange={(open) => { if (!open) onClose(); }} title={t("archive.title", { name: workflow.name })}
      description={t("archive.why")} action={t("archive.action")} busy={edit.isPending}
      onConfirm={() => edit.mutate({ params: { path: { slug, id: workflow.id }, header: { "If-Match": etag } }, body: { archived: true } })}>
      <Refused error={edit.error} />
    </Confirm>
  );
}

function Refused({ error, shown }: { error: { code: string; detail: string } | null; shown?: boolean }) {
  const { t } = useTranslation("workflows");
  if (!error || shown) return null;
  return <Banner tone="bad">{error.code === "precondition_failed" ? t("rename.changed") : error.detail}</Banner>;
}
