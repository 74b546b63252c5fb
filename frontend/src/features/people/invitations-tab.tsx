import { MailPlus } from "lucide-react";
import { $api } from "@/api/client";
import { useHere } from "@/api/me";
import { byCursor, rowsOf } from "@/api/pages";
import type { Invitation } from "@/api/schema";
import { More, Rows } from "@/components/rows";
import { Stale } from "@/components/stale";
import { Empty, Failed, Forbidden, Skeleton } from "@/components/states";
import { useTranslation } from "@/lib/i18n";
import { useSlug } from "@/lib/url-state";
import { InvitationRow } from "./invitation-row";
import { InviteForm } from "./invite-form";

export const INVITATIONS = "/api/v1/tenants/{slug}/invitations/";

export function InvitationsTab() {
  const { t } = useTranslation("people");
  const { role, isAdmin } = useHere();
  if (!isAdmin) return <Forbidden who={t("invite.forbidden", { role: t(`common:role.${role}`).toLowerCase() })} />;
  return <div className="grid gap-6"><InviteForm /><InvitationList /></div>;
}

function InvitationList() {
  const { t } = useTranslation("people");
  const slug = useSlug();
  const query = $api.useInfiniteQuery("get", INVITATIONS, { params: { path: { slug } } }, {
    ...byCursor,
    refetchInterval: (asked) => (rowsOf<Invitation>(asked.state.data).some(isOnItsWay) ? 2_000 : false),
  });
  if (query.isPending) return <Skeleton tall rows={3} />;
  if (query.error && !query.data) return <Failed error={query.error} retry={() => void query.refetch()} />;
  const invitations = rowsOf<Invitation>(query.data);
  if (invitations.length === 0) return <Empty icon={MailPlus} title={t("invite.empty")}>{t("invite.empty_why")}</Empty>;
  return (
    <div className="grid gap-4">
      <Stale query={query} />
      <Rows label={t("invite.list")}>
        {invitations.map((invitation) => <InvitationRow key={invitation.id} invitation={invitation} />)}
      </Rows>
      <More query={query} />
    </div>
  );
}

function isOnItsWay(invitation: Invitation): boolean {
  return invitation.status === "open" && !invitation.sent_at && !invitation.send_error;
}
