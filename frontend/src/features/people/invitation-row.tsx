import { useState } from "react";
import { $api } from "@/api/client";
import { useHere } from "@/api/me";
import { useRefresh } from "@/api/refresh";
import type { Invitation } from "@/api/schema";
import { Badge, Status } from "@/components/badge";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Confirm } from "@/components/dialog";
import { RowItem } from "@/components/rows";
import { Time } from "@/components/time";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { useSlug } from "@/lib/url-state";
import { useInvite } from "./invite-form";

export function InvitationRow({ invitation }: { invitation: Invitation }) {
  const { t } = useTranslation("people");
  const { isOwner } = useHere();
  const open = invitation.status === "open";
  const mayTouch = isOwner || invitation.role !== "owner";
  return (
    <RowItem
      title={<>{invitation.email}<Badge>{t(`common:role.${invitation.role}`)}</Badge><Status state={invitation.status} /></>}
      about={<>
        {t("invite.by", { by: invitation.invited_by })} {invitation.created_at && <Time at={invitation.created_at} />}
        {open && <>{", "}{t("invite.until")} <Time at={invitation.expires_at} />{" · "}<Delivery invitation={invitation} /></>}
        {!mayTouch && <span className="block text-ink-faint">{t("invite.role_owner")}</span>}
      </>}
      actions={mayTouch && (open ? <Revoke invitation={invitation} /> : invitation.status !== "accepted" && <Again invitation={invitation} />)}
    >
      {open && invitation.send_error && (
        <Banner tone="warn" title={t("invite.not_sent", { error: invitation.send_error })}>{t("invite.not_sent_next")}</Banner>
      )}
    </RowItem>
  );
}

function Delivery({ invitation }: { invitation: Invitation }) {
  const { t } = useTranslation("people");
  return invitation.sent_at ? <>{t("invite.sent")} <Time at={invitation.sent_at} /></> : t("invite.sending");
}

function Revoke({ invitation }: { invitation: Invitation }) {
  const { t } = useTranslation("people");
  const slug = useSlug();
  const refresh = useRefresh();
  const [open, setOpen] = useState(false);
  const named = { email: invitation.email };
  const revoke = $api.useMutation("delete", "/api/v1/tenants/{slug}/invitations/{id}/", {
    onSuccess: () => {
      setOpen(false);
      say(t("invite.revoked", named));
      return refresh("/api/v1/tenants/{slug}/invitations/");
    },
  });
  return (
    <>
      <Button look="quiet" onClick={() => setOpen(true)}>{t("invite.revoke")}</Button>
      <Confirm open={open} onOpenChange={setOpen} busy={revoke.isPending} action={t("invite.revoke")}
        title={t("invite.revoke_title", named)} description={t("invite.revoke_why")}
        onConfirm={() => revoke.mutate({ params: { path: { slug, id: invitation.id } } })}>
        {revoke.error && <Banner tone="bad">{revoke.error.detail}</Banner>}
      </Confirm>
    </>
  );
}

function Again({ invitation }: { invitation: Invitation }) {
  const { t } = useTranslation("people");
  const slug = useSlug();
  const invite = useInvite();
  return (
    <div className="grid justify-items-end gap-1">
      <Button look="quiet" busy={invite.isPending}
        onClick={() => invite.mutate({ params: { path: { slug } }, body: { email: invitation.email, role: invitation.role } })}>
        {t("invite.again")}
      </Button>
      {invite.error && <p role="alert" className="max-w-64 text-sm text-bad">{invite.error.detail}</p>}
    </div>
  );
}
