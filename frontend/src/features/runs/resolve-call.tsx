import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { $api } from "@/api/client";
import { meQuery } from "@/api/me";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Confirm } from "@/components/dialog";
import { Field, Textarea } from "@/components/field";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";

/** A call in doubt: an administrator looks outside and says whether it happened. The run goes on by that word. */
export function ResolveCall({ slug, entry }: { slug: string; entry: string }) {
  const { t } = useTranslation("runs");
  const me = useQuery(meQuery);
  const [happened, setHappened] = useState<boolean>();
  const call = $api.useQuery("get", "/api/v1/tenants/{slug}/tool-calls/{id}/", { params: { path: { slug, id: entry } } });
  const role = me.data?.tenants.find((tenant) => tenant.slug === slug)?.role;
  if (role !== "admin" && role !== "owner") return <p className="mt-2">{t("needs.resolve_admin")}</p>;
  return (
    <div className="mt-3 grid gap-2">
      <h2 className="text-base">{t("needs.resolve")}</h2>
      <p>{t("needs.resolve_why", { tool: call.data?.tool ?? "" })}</p>
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => setHappened(true)}>{t("needs.happened")}</Button>
        <Button onClick={() => setHappened(false)}>{t("needs.not_happened")}</Button>
      </div>
      {happened !== undefined && <Say slug={slug} entry={entry} happened={happened} onClose={() => setHappened(undefined)} />}
    </div>
  );
}

type Props = { slug: string; entry: string; happened: boolean; onClose: () => void };

function Say({ slug, entry, happened, onClose }: Props) {
  const { t } = useTranslation("runs");
  const client = useQueryClient();
  const [note, setNote] = useState("");
  const resolve = $api.useMutation("post", "/api/v1/tenants/{slug}/tool-calls/{id}/resolution/", {
    onSuccess: () => { say(t("needs.resolved")); onClose(); return client.invalidateQueries(); },
  });
  const word = t(happened ? "needs.happened" : "needs.not_happened");
  return (
    <Confirm
      open onOpenChange={(open) => { if (!open) onClose(); }} title={t("needs.resolve")} look={happened ? "primary" : "danger"}
      description={t("needs.what", { what: t(happened ? "needs.what_happened" : "needs.what_not") })} action={word}
      busy={resolve.isPending}
      onConfirm={() => resolve.mutate({ params: { path: { slug, id: entry } }, body: { happened, note } })}
    >
      <Field label={t("needs.note")} hint={t("needs.note_hint")}>
        {(ids) => <Textarea {...ids} maxLength={2000} value={note} onChange={(event) => setNote(event.target.value)} />}
      </Field>
      {resolve.error && <Banner tone="bad">{resolve.error.detail}</Banner>}
    </Confirm>
  );
}
