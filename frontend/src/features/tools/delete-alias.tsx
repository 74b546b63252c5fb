import { $api } from "@/api/client";
import { useRefresh } from "@/api/refresh";
import { Banner } from "@/components/banner";
import { Confirm } from "@/components/dialog";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { useSlug } from "@/lib/url-state";
import { MODELS } from "./lists";

export function DeleteAlias({ alias, onClose }: { alias: string; onClose: () => void }) {
  const { t } = useTranslation("tools");
  const slug = useSlug();
  const refresh = useRefresh();
  const remove = $api.useMutation("delete", "/api/v1/tenants/{slug}/models/{alias}/", {
    onSuccess: () => { say(t("models.deleted", { alias })); onClose(); return refresh(MODELS); },
  });
  return (
    <Confirm open onOpenChange={(open) => { if (!open) onClose(); }} busy={remove.isPending} action={t("models.delete")}
      title={t("models.delete_title", { alias })} description={t("models.delete_why")}
      onConfirm={() => remove.mutate({ params: { path: { slug, alias } } })}>
      {remove.error && <Banner tone="bad">{remove.error.detail}</Banner>}
    </Confirm>
  );
}
