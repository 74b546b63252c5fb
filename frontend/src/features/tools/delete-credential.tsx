import { $api } from "@/api/client";
import { useRefresh } from "@/api/refresh";
import type { Credential } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Confirm } from "@/components/dialog";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { useSlug } from "@/lib/url-state";
import { CREDENTIALS, useModels, useTools } from "./lists";

/** Names who uses it before it goes. */
export function DeleteCredential({ credential, onClose }: { credential: Credential; onClose: () => void }) {
  const { t } = useTranslation("tools");
  const slug = useSlug();
  const refresh = useRefresh();
  const { models } = useModels();
  const { tools } = useTools();
  const remove = $api.useMutation("delete", "/api/v1/tenants/{slug}/credentials/{id}/", {
    onSuccess: () => { say(t("credentials.deleted", { name: credential.name })); onClose(); return refresh(CREDENTIALS); },
  });
  const aliases = models.filter((model) => model.providers.some((provider) => provider.credential === credential.name));
  const senders = tools.filter((tool) => tool.credential_kind === credential.kind);
  const used = aliases.length > 0
    ? t("credentials.delete_used", { names: aliases.map((model) => model.alias).join(", ") })
    : senders.length > 0
      ? t("credentials.delete_mail", { names: senders.map((tool) => tool.name).join(", ") })
      : t("credentials.delete_free");
  return (
    <Confirm open onOpenChange={(open) => { if (!open) onClose(); }} busy={remove.isPending} action={t("credentials.delete")}
      title={t("credentials.delete_title", { name: credential.name })} description={used}
      onConfirm={() => remove.mutate({ params: { path: { slug, id: credential.id } } })}>
      {remove.error && <Banner tone="bad">{remove.error.detail}</Banner>}
    </Confirm>
  );
}
