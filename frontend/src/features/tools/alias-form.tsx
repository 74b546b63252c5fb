import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { $api, api } from "@/api/client";
import { faultOf, type Problem, restOf } from "@/api/problem";
import { useRefresh } from "@/api/refresh";
import type { ListedModel } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Dialog, DialogActions } from "@/components/dialog";
import { Field, Input } from "@/components/field";
import { Failed, Skeleton } from "@/components/states";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { useSlug } from "@/lib/url-state";
import { MODELS } from "./lists";
import { asked, draftOf, paramsOf } from "./provider-draft";
import { ProviderFields } from "./provider-fields";

const MODEL = "/api/v1/tenants/{slug}/models/{alias}/";

type Read = { model: ListedModel; etag: string };

/** Makes an alias, or changes the providers of the one named: as they are now, and over nobody else's change. */
export function AliasForm({ alias, onClose }: { alias?: string; onClose: () => void }) {
  const { t } = useTranslation("tools");
  return (
    <Dialog open wide onOpenChange={(open) => { if (!open) onClose(); }}
      title={alias ? t("models.edit_title", { alias }) : t("models.new")} description={alias && t("models.edit_why")}>
      {alias ? <Existing alias={alias} onClose={onClose} /> : <Form onClose={onClose} />}
    </Dialog>
  );
}

function Existing({ alias, onClose }: { alias: string; onClose: () => void }) {
  const slug = useSlug();
  const found = useQuery<Read, Problem>({
    queryKey: ["etag", MODEL, slug, alias], gcTime: 0, staleTime: Infinity,
    queryFn: async () => {
      const { data, response } = await api.GET(MODEL, { params: { path: { slug, alias } } });
      return { model: data as ListedModel, etag: response.headers.get("ETag") ?? "" };
    },
  });
  if (found.data) return <Form read={found.data} onClose={onClose} />;
  return found.error ? <Failed error={found.error} retry={() => void found.refetch()} /> : <Skeleton rows={4} />;
}

function Form({ read, onClose }: { read?: Read; onClose: () => void }) {
  const { t } = useTranslation("tools");
  const model = read?.model;
  const slug = useSlug();
  const [alias, setAlias] = useState(model?.alias ?? "");
  const [drafts, setDrafts] = useState(() => model?.providers.map(draftOf) ?? [draftOf()]);
  const [tried, setTried] = useState(false);
  const { make, change } = useSaving(onClose);
  const saving = model ? change : make;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (drafts.some((draft) => !paramsOf(draft.params))) return;
    const providers = drafts.map(asked);
    if (read) change.mutate({ params: { path: { slug, alias: read.model.alias }, header: { "If-Match": read.etag } }, body: { providers } });
    else make.mutate({ params: { path: { slug } }, body: { alias: alias.trim(), providers } });
  };
  const taken = saving.error?.code === "name_taken" ? saving.error.detail : undefined;
  const late = saving.error?.code === "precondition_failed" ? t("models.changed_meanwhile") : undefined;
  const rest = !taken && (late ?? restOf(saving.error, ["alias", "providers"]));
  const move = (from: number) => setDrafts(drafts.map((draft, at) => at === from - 1 ? drafts[from]! : at === from ? drafts[from - 1]! : draft));
  return (
    <form onSubmit={submit} className="grid gap-4">
      {rest && <Banner tone="bad">{rest}</Banner>}
      {!model && (
        <Field label={t("models.alias")} hint={t("models.alias_hint")} error={taken ?? faultOf(saving.error, "alias")} required>
          {(ids) => <Input {...ids} autoFocus spellCheck={false} autoCapitalize="none" className="font-mono" value={alias}
            onChange={(event) => setAlias(event.target.value)} />}
        </Field>
      )}
      {drafts.map((draft, number) => (
        <ProviderFields key={draft.key} draft={draft} number={number} error={saving.error} tried={tried}
          onChange={(changed) => setDrafts(drafts.map((each) => (each.key === draft.key ? changed : each)))}
          onRemove={drafts.length > 1 ? () => setDrafts(drafts.filter((each) => each.key !== draft.key)) : undefined}
          onUp={number > 0 ? () => move(number) : undefined} />
      ))}
      {drafts.length < 10 && <Button look="quiet" className="justify-self-start" onClick={() => setDrafts([...drafts, draftOf()])}>{t("models.add_provider")}</Button>}
      <DialogActions>
        <Button onClick={onClose}>{t("common:cancel")}</Button>
        <Button type="submit" look="primary" busy={saving.isPending}>{t(model ? "common:save" : "models.make")}</Button>
      </DialogActions>
    </form>
  );
}

function useSaving(onClose: () => void) {
  const { t } = useTranslation("tools");
  const refresh = useRefresh();
  const done = (said: string) => { say(said); onClose(); return refresh(MODELS); };
  return {
    make: $api.useMutation("post", MODELS, { onSuccess: (made) => done(t("models.made", { alias: made.alias })) }),
    change: $api.useMutation("put", MODEL, {
      onSuccess: (changed) => done(t("models.saved", { alias: changed.alias })),
    }),
  };
}
