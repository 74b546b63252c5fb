import { type FormEvent, useState } from "react";
import { $api } from "@/api/client";
import { useHere } from "@/api/me";
import { faultOf, restOf } from "@/api/problem";
import { useRefresh } from "@/api/refresh";
import type { MembershipRole } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Field, Input, Select } from "@/components/field";
import { Panel } from "@/components/page";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { useSlug } from "@/lib/url-state";
import { ROLES } from "./member-role";

/** Invites; the list then shows how the e-mail fares. */
export function useInvite(onDone?: () => void) {
  const { t } = useTranslation("people");
  const refresh = useRefresh();
  return $api.useMutation("post", "/api/v1/tenants/{slug}/invitations/", {
    onSuccess: (invitation) => {
      say(t("invite.sent_to", { email: invitation.email }));
      onDone?.();
      return refresh("/api/v1/tenants/{slug}/invitations/");
    },
  });
}

export function InviteForm() {
  const { t } = useTranslation("people");
  const slug = useSlug();
  const { isOwner } = useHere();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<MembershipRole>("editor");
  const invite = useInvite(() => setEmail(""));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    invite.mutate({ params: { path: { slug } }, body: { email: email.trim(), role } });
  };
  const rest = restOf(invite.error, ["email", "role"]);
  return (
    <Panel title={t("invite.heading")}>
      {rest && <Banner tone="bad">{rest}</Banner>}
      <form onSubmit={submit} className="grid items-start gap-4 sm:grid-cols-[minmax(0,1fr)_10rem_auto]">
        <Field label={t("invite.email")} error={faultOf(invite.error, "email")} required>
          {(ids) => <Input {...ids} type="email" autoComplete="off" value={email} onChange={(event) => setEmail(event.target.value)} />}
        </Field>
        <Field label={t("invite.role")} error={faultOf(invite.error, "role")} hint={t(`members.meaning.${role}`)}>
          {(ids) => (
            <Select {...ids} value={role} onChange={(event) => setRole(event.target.value as MembershipRole)}>
              {ROLES.filter((each) => each !== "owner" || isOwner).map((each) => <option key={each} value={each}>{t(`common:role.${each}`)}</option>)}
            </Select>
          )}
        </Field>
        <Button type="submit" look="primary" className="h-9 sm:mt-5.5" busy={invite.isPending}>{t("invite.action")}</Button>
      </form>
    </Panel>
  );
}
