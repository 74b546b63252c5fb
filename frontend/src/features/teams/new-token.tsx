import { type FormEvent, useState } from "react";
import { $api } from "@/api/client";
import { faultOf, restOf } from "@/api/problem";
import { useRefresh } from "@/api/refresh";
import type { IssuedToken, MembershipRole, NewTokenRequest, ScopesEnum } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Copy } from "@/components/copy";
import { Dialog, DialogActions } from "@/components/dialog";
import { Field, Input, Select } from "@/components/field";
import { useTranslation } from "@/lib/i18n";
import { useSlug } from "@/lib/url-state";
import { ActsAs } from "./acts-as";
import { Scopes } from "./scopes";

const DAYS: Record<string, number | null> = { d30: 30, d90: 90, d365: 365, never: null };
export const MYSELF = { who: "me", name: "", role: "editor" as MembershipRole };

/** Makes a token, and shows its secret this once. */
export function NewToken({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("teams");
  const [issued, setIssued] = useState<IssuedToken>();
  return (
    <Dialog open onOpenChange={(open) => { if (!open && !issued) onClose(); }} wide={!issued}
      title={t(issued ? "tokens.made_title" : "tokens.new")} description={issued && t("tokens.made", { name: issued.name })}>
      {issued ? <Secret token={issued} onClose={onClose} /> : <TokenForm onIssued={setIssued} onClose={onClose} />}
    </Dialog>
  );
}

function Secret({ token, onClose }: { token: IssuedToken; onClose: () => void }) {
  const { t } = useTranslation("teams");
  return (
    <>
      <div className="flex items-center gap-1 rounded-md border border-line bg-sunken py-1 pr-1 pl-3">
        <output aria-label={t("tokens.secret")} className="min-w-0 flex-1 font-mono text-sm wrap-anywhere select-all">{token.secret}</output>
        <Copy text={token.secret} label={t("tokens.copy")} className="size-8" />
      </div>
      <DialogActions><Button look="primary" onClick={onClose}>{t("tokens.done")}</Button></DialogActions>
    </>
  );
}

function TokenForm({ onIssued, onClose }: { onIssued: (token: IssuedToken) => void; onClose: () => void }) {
  const { t } = useTranslation("teams");
  const slug = useSlug();
  const refresh = useRefresh();
  const [name, setName] = useState("");
  const [span, setSpan] = useState("d90");
  const [scopes, setScopes] = useState<ScopesEnum[]>([]);
  const [account, setAccount] = useState(MYSELF);
  const make = $api.useMutation("post", "/api/v1/tenants/{slug}/tokens/", {
    onSuccess: (issued) => { onIssued(issued); return refresh("/api/v1/tenants/{slug}/tokens/", "/api/v1/tenants/{slug}/members/"); },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const days = DAYS[span];
    make.mutate({ params: { path: { slug } }, body: {
      name: name.trim(), scopes, service_account: accountOf(account),
      expires_at: days ? new Date(Date.now() + days * 86_400_000).toISOString() : null,
    } });
  };
  const rest = restOf(make.error, ["name", "scopes", "expires_at", "service_account"]);
  return (
    <form onSubmit={submit} className="grid gap-4">
      {rest && <Banner tone="bad">{rest}</Banner>}
      <div className="grid items-start gap-4 sm:grid-cols-[minmax(0,1fr)_12rem]">
        <Field label={t("tokens.name")} hint={t("tokens.name_hint")} error={faultOf(make.error, "name")} required>
          {(ids) => <Input {...ids} autoFocus maxLength={120} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label={t("tokens.expires")} error={faultOf(make.error, "expires_at")}>
          {(ids) => (
            <Select {...ids} value={span} onChange={(event) => setSpan(event.target.value)}>
              {Object.keys(DAYS).map((each) => <option key={each} value={each}>{t(`tokens.spans.${each}`)}</option>)}
            </Select>
          )}
        </Field>
      </div>
      <ActsAs account={account} onChange={setAccount} error={make.error} />
      <Scopes scopes={scopes} onChange={setScopes} error={faultOf(make.error, "scopes")} machine={account.who !== "me"} />
      <DialogActions>
        <Button onClick={onClose}>{t("common:cancel")}</Button>
        <Button type="submit" look="primary" disabled={scopes.length === 0} busy={make.isPending}>{t("tokens.make")}</Button>
      </DialogActions>
    </form>
  );
}

function accountOf({ who, name, role }: typeof MYSELF): NewTokenRequest["service_account"] {
  if (who === "me") return null;
  return who === "new" ? { name: name.trim(), role } : { user: who, role };
}
