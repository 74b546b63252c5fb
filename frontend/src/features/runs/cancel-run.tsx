import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { $api } from "@/api/client";
import type { RunDetail } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Confirm } from "@/components/dialog";
import { Field, Input } from "@/components/field";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";

type Props = { slug: string; run: RunDetail; open: boolean; onOpenChange: (open: boolean) => void };

export function CancelRun({ slug, run, open, onOpenChange }: Props) {
  const { t } = useTranslation("runs");
  const { t: common } = useTranslation();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const cancel = $api.useMutation("post", "/api/v1/tenants/{slug}/runs/{id}/cancel/", {
    onSuccess: () => {
      onOpenChange(false);
      say(t("cancel.done"));
      return client.invalidateQueries();
    },
  });
  return (
    <Confirm
      open={open} onOpenChange={onOpenChange} title={t("cancel.title")} description={t("cancel.why")}
      action={t("cancel.action")} busy={cancel.isPending}
      onConfirm={() => cancel.mutate({ params: { path: { slug, id: run.id } }, body: { reason } })}
    >
      <Field label={<>{t("cancel.reason")} <span className="font-normal text-ink-faint">{common("optional")}</span></>}>
        {(ids) => <Input {...ids} maxLength={1000} value={reason} onChange={(event) => setReason(event.target.value)} />}
      </Field>
      {cancel.error && <Banner tone="bad">{cancel.error.detail}</Banner>}
    </Confirm>
  );
}
