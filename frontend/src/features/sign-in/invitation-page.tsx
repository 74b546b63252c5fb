import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api } from "@/api/client";
import { meQuery } from "@/api/me";
import type { InvitationPreview, Person } from "@/api/schema";
import { Button } from "@/components/button";
import { Entry } from "@/components/entry";
import { Failed, Skeleton } from "@/components/states";
import { useTranslation } from "@/lib/i18n";
import { useParam } from "@/lib/url-state";
import { ClosedInvitation, OpenInvitation } from "./invitation";
import "./strings";

/** Who invites whom to what. Opening it accepts nothing. */
export function InvitationPage() {
  const { t } = useTranslation("sign-in");
  const token = useParam("token");
  const shown = useInvitation(token);
  const me = useQuery({ ...meQuery, retry: false });
  if (shown.error?.status === 404 || shown.error?.status === 422) return <NoInvitation />;
  if (shown.error) return <Entry title={t("invitation.title")}><Failed error={shown.error} retry={() => void shown.refetch()} /></Entry>;
  if (!shown.data || me.isPending) return <Entry title={t("invitation.title")}><Skeleton rows={4} /></Entry>;
  return <Shown invitation={shown.data} token={token} person={me.data} />;
}

function Shown(props: { invitation: InvitationPreview; token: string; person?: Person }) {
  return props.invitation.status === "open" ? <OpenInvitation {...props} /> : <ClosedInvitation {...props} />;
}

/** Asked by POST, so that no log repeats the token; it reads all the same. */
function useInvitation(token: string) {
  return useQuery({
    queryKey: ["invitation", token],
    queryFn: async () => (await api.POST("/api/v1/invitations/preview/", { body: { token } })).data ?? null,
    retry: false,
  });
}

function NoInvitation() {
  const { t } = useTranslation("sign-in");
  return (
    <Entry title={t("invitation.title")} heading={t("invitation.gone_title")} lead={t("invitation.gone")}>
      <Button asChild size="large"><Link to="/">{t("invitation.home")}</Link></Button>
    </Entry>
  );
}
