import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { $api } from "@/api/client";
import { faultOf, restOf } from "@/api/problem";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Dialog, DialogActions } from "@/components/dialog";
import { Field, Input } from "@/components/field";
import { useTranslation } from "@/lib/i18n";
import { blankSpec } from "./blank";
import { WORKFLOWS } from "./paths";

type Props = { slug: string; open: boolean; onOpenChange: (open: boolean) => void };

export function NewWorkflow({ slug, open, onOpenChange }: Props) {
  const { t } = useTranslation("workflows");
  const { t: common } = useTranslation();
  const [name, setName] = useState("");
  const client = useQueryClient();
  const navigate = useNavigate();
  const make = $api.useMutation("post", WORKFLOWS, {
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: ["get", WORKFLOWS] });
      await navigate({ to: "/t/$slug/workflows/$id", params: { slug, id: made.id } });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate({ params: { path: { slug } }, body: { name: name.trim(), spec: blankSpec(name.trim()) } });
  };
  const taken = make.error?.code === "name_taken" ? make.error.detail : undefined;
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t("create.title")} description={t("create.why")}>
      <form onSubmit={submit} className="grid gap-4">
        <Field label={t("create.name")} error={faultOf(make.error, "name") ?? taken} required>
          {(ids) => <Input {...ids} autoFocus maxLength={120} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        {!taken && restOf(make.error, ["name"]) && <Banner tone="bad">{make.error?.detail}</Banner>}
        <DialogActions>
          <Button onClick={() => onOpenChange(false)}>{common("cancel")}</Button>
          <Button look="primary" type="submit" busy={make.isPending}>{t("create.action")}</Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
