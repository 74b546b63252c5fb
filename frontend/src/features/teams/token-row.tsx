import { useState } from "react";
import { $api } from "@/api/client";
import { useHere } from "@/api/me";
import { useRefresh } from "@/api/refresh";
import type { Token } from "@/api/schema";
import { Badge, Status } from "@/components/badge";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Confirm } from "@/components/dialog";
import { RowItem } from "@/components/rows";
import { Time } from "@/components/time";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { useNow } from "@/lib/use-now";
import { useSlug } from "@/lib/url-state";

export function TokenRow({ token }: { token: Token }) {
  const { t } = useTranslation("teams");
  const { me } = useHere();
  const now = useNow();
  const expired = token.expires_at && new Date(token.expires_at).getTime() < now;
  const state = token.revoked_at ? "revoked" : expired ? "expired" : undefined;
  const who = token.user === me?.id ? t("tokens.yours") : t("tokens.acts_as_line", { who: token.is_service ? token.user_name : token.email });
  return (
    <RowItem
      title={<>{token.name}<code className="font-mono text-xs text-ink-soft">{`${token.hint}…`}</code>{state && <Status state={state} />}</>}
      about={<>
        {who}{" · "}
        {token.expires_at ? <>{t("tokens.expires_at")} <Time at={token.expires_at} /></> : t("tokens.never_expires")}{" · "}
        {token.last_used_at ? <>{t("tokens.used")} <Time at={token.last_used_at} /></> : t("tokens.never_used")}
        <span className="mt-1 flex flex-wrap gap-1">{token.scopes.map((scope) => <Badge key={scope}>{scope}</Badge>)}</span>
      </>}
      actions={!token.revoked_at && <Revoke token={token} />}
    />
  );
}

function Revoke({ token }: { token: Token }) {
  const { t } = useTranslation("teams");
  const slug = useSlug();
  const refresh = useRefresh();
  const [open, setOpen] = useState(false);
  const revoke = $api.useMutation("delete", "/api/v1/tenants/{slug}/tokens/{id}/", {
    onSuccess: () => {
      setOpen(false);
      say(t("tokens.revoke_done", { name: token.name }));
      return refresh("/api/v1/tenants/{slug}/tokens/");
    },
  });
  return (
    <>
      <Button look="quiet" onClick={() => setOpen(true)}>{t("tokens.revoke")}</Button>
      <Confirm open={open} onOpenChange={setOpen} busy={revoke.isPending} action={t("tokens.revoke")}
        title={t("tokens.revoke_title", { name: token.name })} description={t("tokens.revoke_why")}
        onConfirm={() => revoke.mutate({ params: { path: { slug, id: token.id } } })}>
        {revoke.error && <Banner tone="bad">{revoke.error.detail}</Banner>}
      </Confirm>
    </>
  );
}
