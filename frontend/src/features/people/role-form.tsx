import { type FormEvent, useState } from "react";
import { $api } from "@/api/client";
import { faultOf, restOf } from "@/api/problem";
import { useRefresh } from "@/api/refresh";
import type { Role } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Dialog, DialogActions } from "@/components/dialog";
import { Field, Input } from "@/components/field";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { useSlug, useUrlState } from "@/lib/url-state";

/** Makes a role, or renames and describes the one it is given. */
export function RoleForm({ role, onClose }: { role?: Role; onClose: () => void }) {
  const { t } = useTranslation("people");
  const slug = useSlug();
  const refresh = useRefresh();
  const [, setOpenRole] = useUrlState("role");
  const [name, setName] = useState(role?.name ?? "");
  const [description, setDescription] = useState(role?.description ?? "");
  const done = async (said: string) => {
    say(said);
    onClose();
    await refresh("/api/v1/tenants/{slug}/roles/", "/api/v1/tenants/{slug}/permissions/");
  };
  const make = $api.useMutation("post", "/api/v1/tenants/{slug}/roles/", {
    onSuccess: (made) => { setOpenRole(made.id); return done(t("roles.made", { name: made.name })); },
  });
  const change = $api.useMutation("patch", "/api/v1/tenants/{slug}/roles/{id}/", { onSuccess: () => done(t("roles.saved")) });
  const saving = role ? change : make;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body = { name: name.trim(), description: description.trim() };
    if (role) change.mutate({ params: { path: { slug, id: role.id } }, body });
    else make.mutate({ params: { path: { slug } }, body });
  };
  const taken = saving.error?.code === "role_name_taken" ? saving.error.detail : undefined;
  const rest = !taken && restOf(saving.error, ["name", "description"]);
  return (
    <Dialog open onOpenChange={(open) => { if (!open) onClose(); }}
      title={role ? t("roles.edit_title", { name: role.name }) : t("roles.new")} description={role && t("roles.edit_why")}>
      <form onSubmit={submit} className="grid gap-4">
        {rest && <Banner tone="bad">{rest}</Banner>}
        <Field label={t("roles.name")} error={taken ?? faultOf(saving.error, "name")} required>
          {(ids) => <Input {...ids} autoFocus maxLength={80} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label={t("roles.description")} error={faultOf(saving.error, "description")}>
          {(ids) => <Input {...ids} maxLength={300} value={description} onChange={(event) => setDescription(event.target.value)} />}
        </Field>
        <DialogActions>
          <Button onClick={onClose}>{t("common:cancel")}</Button>
          <Button type="submit" look="primary" busy={saving.isPending}>{t(role ? "common:save" : "roles.make")}</Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
