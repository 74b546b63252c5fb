import { $api } from "@/api/client";
import { useHere } from "@/api/me";
import { useRefresh } from "@/api/refresh";
import { Panel } from "@/components/page";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { NameForm } from "./name-form";

export function YourName() {
  const { t } = useTranslation("teams");
  const { me } = useHere();
  const refresh = useRefresh();
  const rename = $api.useMutation("patch", "/api/v1/me/", {
    onSuccess: () => { say(t("settings.you_saved")); return refresh("/api/v1/me/", "/api/v1/tenants/{slug}/members/"); },
  });
  return (
    <Panel title={t("settings.you")}>
      <NameForm key={me?.name} label={t("settings.your_name")} hint={t("settings.your_name_hint")} name={me?.name ?? ""}
        error={rename.error} busy={rename.isPending} onSave={(name) => rename.mutate({ body: { name } })} />
      <p className="text-sm wrap-anywhere text-ink-soft">{t("settings.your_email", { email: me?.email })}</p>
    </Panel>
  );
}
