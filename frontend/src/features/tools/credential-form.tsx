import { type FormEvent, useState } from "react";
import { $api } from "@/api/client";
import { faultOf, restOf } from "@/api/problem";
import { useRefresh } from "@/api/refresh";
import type { Credential, CredentialKind } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Dialog, DialogActions } from "@/components/dialog";
import { Field, Input, Select } from "@/components/field";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { useSlug } from "@/lib/url-state";
import { CREDENTIALS } from "./lists";
import { EMPTY, secretOf, SecretFields } from "./secret-fields";

const KINDS: CredentialKind[] = ["model_key", "smtp"];

/** Keeps a new secret, or replaces that of the credential it is given. What is typed here is shown nowhere again. */
export function CredentialForm({ credential, onClose }: { credential?: Credential; onClose: () => void }) {
  const { t } = useTranslation("tools");
  const slug = useSlug();
  const [kind, setKind] = useState<CredentialKind>(credential?.kind ?? "model_key");
  const [name, setName] = useState(credential?.name ?? "");
  const [fields, setFields] = useState(EMPTY);
  const { add, rotate } = useKeeping(onClose);
  const keeping = credential ? rotate : add;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const secret = secretOf(kind, fields);
    if (credential) rotate.mutate({ params: { path: { slug, id: credential.id } }, body: { secret } });
    else add.mutate({ params: { path: { slug } }, body: { kind, name: name.trim(), secret } });
  };
  const taken = keeping.error?.code === "name_taken" ? keeping.error.detail : undefined;
  const rest = !taken && restOf(keeping.error, ["name", "kind", "secret"]);
  return (
    <Dialog open onOpenChange={(open) => { if (!open) onClose(); }}
      title={credential ? t("credentials.rotate_title", { name }) : t("credentials.new")}
      description={credential ? t("credentials.rotate_why") : t("credentials.never_again")}>
      <form onSubmit={submit} className="grid gap-4" autoComplete="off">
        {rest && <Banner tone="bad">{rest}</Banner>}
        {!credential && (
          <>
            <Field label={t("credentials.kind")} error={faultOf(keeping.error, "kind")}>
              {(ids) => (
                <Select {...ids} value={kind} onChange={(event) => setKind(event.target.value as CredentialKind)}>
                  {KINDS.map((each) => <option key={each} value={each}>{t(`credentials.kinds.${each}`)}</option>)}
                </Select>
              )}
            </Field>
            <Field label={t("credentials.name")} hint={t("credentials.name_hint")} error={taken ?? faultOf(keeping.error, "name")} required>
              {(ids) => <Input {...ids} maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />}
            </Field>
          </>
        )}
        <SecretFields kind={kind} fields={fields} onChange={setFields} error={keeping.error} />
        <DialogActions>
          <Button onClick={onClose}>{t("common:cancel")}</Button>
          <Button type="submit" look="primary" busy={keeping.isPending}>{t(credential ? "credentials.rotate" : "credentials.keep")}</Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function useKeeping(onClose: () => void) {
  const { t } = useTranslation("tools");
  const refresh = useRefresh();
  const done = (said: string) => { say(said); onClose(); return refresh(CREDENTIALS); };
  return {
    add: $api.useMutation("post", CREDENTIALS, { onSuccess: (kept) => done(t("credentials.added", { name: kept.name })) }),
    rotate: $api.useMutation("put", "/api/v1/tenants/{slug}/credentials/{id}/", {
      onSuccess: (kept) => done(t("credentials.rotate_done", { name: kept.name })),
    }),
  };
}
