import { type FormEvent, useState } from "react";
import { $api } from "@/api/client";
import { faultOf, restOf } from "@/api/problem";
import { useRefresh } from "@/api/refresh";
import type { ListedModel } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Dialog, DialogActions } from "@/components/dialog";
import { Field, Input } from "@/components/field";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { useSlug } from "@/lib/url-state";
import { MODELS } from "./lists";
import { asked, draftOf, paramsOf } from "./provider-draft";
import { ProviderFields } from "./provider-fields";

/** Makes an alias, or changes the providers of the one it is given. */
export function AliasForm({ model, onClose }: { model?: ListedModel; onClose: () => void }) {
  const { t } = useTranslation("tools");
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
    if (model) change.mutate({ params: { path: { slug, alias: model.alias } }, body: { providers } });
    else make.mutate({ params: { path: { slug } }, body: { alias: alias.trim(), providers } });
  };
  const taken = saving.error?.code === "name_taken" ? saving.error.detail : undefined;
  const rest = !taken && restOf(saving.error, ["alias", "providers"]);
  const move = (from: number) => setDrafts(drafts.map((draft, at) => at === from - 1 ? drafts[from]! : at === from ? drafts[from - 1]! : draft));
  return (
    <Dialog open wide onOpenChange={(open) => { if (!open) onClose(); }}
      title={model ? t("models.edit_title", { alias: model.alias }) : t("models.new")} description={model && t("models.edit_why")}>
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
    </Dialog>
  );
}

function useSaving(onClose: () => void) {
  const { t } = useTranslation("tools");
  const refresh = useRefresh();
  const done = (said: string) => { say(said); onClose(); return refresh(MODELS); };
  return {
    make: $api.useMutation("post", MODELS, { onSuccess: (made) => done(t("models.made", { alias: made.alias })) }),
    change: $api.useMutation("put", "/api/v1/tenants/{slug}/models/{alias}/", {
      onSuccess: (changed) => done(t("models.saved", { alias: changed.alias })),
    }),
  };
}
