import { $api } from "@/api/client";
import { useHere } from "@/api/me";
import { useRefresh } from "@/api/refresh";
import type { Member, MembershipRole } from "@/api/schema";
import { Badge } from "@/components/badge";
import { Select } from "@/components/field";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { useSlug } from "@/lib/url-state";
import { MEMBERS, nameOf } from "./members";

export const ROLES: MembershipRole[] = ["owner", "admin", "editor", "viewer"];

/** A member's role; a choice where this person may change it. */
export function MemberRole({ member, fixed }: { member: Member; fixed: boolean }) {
  const { t } = useTranslation("people");
  const slug = useSlug();
  const refresh = useRefresh();
  const { isOwner } = useHere();
  const change = $api.useMutation("patch", "/api/v1/tenants/{slug}/members/{id}/", {
    onSuccess: (changed) => {
      say(t("members.changed", { name: nameOf(changed), role: t(`common:role.${changed.role}`) }));
      return refresh(MEMBERS, "/api/v1/me/", "/api/v1/tenants/{slug}/permissions/");
    },
  });
  if (fixed) return <Badge>{t(`common:role.${member.role}`)}</Badge>;
  const open = ROLES.filter((role) => role !== "owner" || (isOwner && !member.is_service));
  return (
    <div className="grid gap-1">
      <Select aria-label={t("members.role_of", { name: nameOf(member) })} className="w-32" disabled={change.isPending}
        value={(change.isPending && change.variables.body?.role) || member.role}
        onChange={(event) => change.mutate({ params: { path: { slug, id: member.id } }, body: { role: event.target.value as MembershipRole } })}>
        {open.map((role) => <option key={role} value={role}>{t(`common:role.${role}`)}</option>)}
      </Select>
      {change.error && <p role="alert" className="max-w-64 text-sm text-bad">{change.error.detail}</p>}
    </div>
  );
}
