import { Link } from "@tanstack/react-router";
import { $api } from "@/api/client";
import { useHere } from "@/api/me";
import { useRefresh } from "@/api/refresh";
import { Panel } from "@/components/page";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { useSlug } from "@/lib/url-state";
import { NameForm } from "./name-form";

export function TeamSettings() {
  const { t } = useTranslation("teams");
  const slug = useSlug();
  const { team, role, isAdmin } = useHere();
  const refresh = useRefresh();
  const rename = $api.useMutation("patch", "/api/v1/tenants/{slug}/", {
    onSuccess: (renamed) => {
      say(t("settings.team_saved", { name: renamed.name }));
      return refresh("/api/v1/me/", "/api/v1/tenants/{slug}/");
    },
  });
  return (
    <Panel title={t("settings.team")}>
      {isAdmin
        ? <NameForm key={team?.name} label={t("settings.team_name")} name={team?.name ?? ""} error={rename.error} busy={rename.isPending}
            onSave={(name) => rename.mutate({ params: { path: { slug } }, body: { name } })} />
        : <p><span className="font-medium">{team?.name}</span><span className="block text-sm text-ink-soft">{t("settings.admins_only", { role: t(`common:role.${role}`).toLowerCase() })}</span></p>}
      <dl className="flex flex-wrap gap-x-3">
        <dt className="text-ink-soft">{t("settings.team_slug")}</dt>
        <dd className="font-mono text-sm wrap-anywhere">{`${location.host}/t/${slug}`}</dd>
      </dl>
      <p className="text-sm text-ink-soft">
        {t("settings.leave")} <Link to="/t/$slug/people" params={{ slug }} className="underline">{t("settings.people")}</Link>{"."}
      </p>
    </Panel>
  );
}
