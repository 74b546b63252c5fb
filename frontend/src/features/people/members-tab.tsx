import { useState } from "react";
import { useHere } from "@/api/me";
import type { Member } from "@/api/schema";
import { Badge } from "@/components/badge";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { RowItem, Rows } from "@/components/rows";
import { Stale } from "@/components/stale";
import { Failed, Skeleton } from "@/components/states";
import { Time } from "@/components/time";
import { useTranslation } from "@/lib/i18n";
import { MemberRole } from "./member-role";
import { nameOf, useMembers } from "./members";
import { RemoveMember } from "./remove-member";

export function MembersTab() {
  const { t } = useTranslation("people");
  const { role, isAdmin } = useHere();
  const query = useMembers();
  if (query.isPending) return <Skeleton tall />;
  if (query.error && !query.data) return <Failed error={query.error} retry={() => void query.refetch()} />;
  const owners = query.members.filter((member) => member.role === "owner").length;
  return (
    <div className="grid gap-4">
      <Stale query={query} />
      {!isAdmin && <Banner>{t("members.admins_only", { role: t(`common:role.${role}`).toLowerCase() })}</Banner>}
      <Rows label={t("members.list")}>
        {query.members.map((member) => <MemberRow key={member.id} member={member} onlyOwner={member.role === "owner" && owners === 1} />)}
      </Rows>
      <Meaning />
    </div>
  );
}

function MemberRow({ member, onlyOwner }: { member: Member; onlyOwner: boolean }) {
  const { t } = useTranslation("people");
  const { me, isAdmin, isOwner } = useHere();
  const [leaving, setLeaving] = useState(false);
  const mine = member.user === me?.id;
  const fixed = onlyOwner ? t("members.last_owner") : isAdmin && !isOwner && member.role === "owner" ? t("members.owners_only") : "";
  return (
    <RowItem
      title={<>{nameOf(member)}{mine && <Badge tone="accent">{t("you")}</Badge>}{member.is_service && <Badge>{t("service")}</Badge>}</>}
      about={<>
        {member.name && !member.is_service && <span>{member.email}{" · "}</span>}
        {t("since")} <Time at={member.since} />
        {fixed && (isAdmin || mine) && <span className="block text-ink-faint">{fixed}</span>}
      </>}
      actions={<>
        <MemberRole member={member} fixed={!isAdmin || Boolean(fixed)} />
        {(isAdmin || mine) && !fixed && (
          <Button look="quiet" className="min-w-20" onClick={() => setLeaving(true)}>{mine ? t("members.leave") : t("members.remove")}</Button>
        )}
        <RemoveMember member={member} mine={mine} open={leaving} onOpenChange={setLeaving} />
      </>}
    />
  );
}

function Meaning() {
  const { t } = useTranslation("people");
  return (
    <details className="text-ink-soft">
      <summary className="cursor-pointer py-1.5">{t("members.means")}</summary>
      <dl className="grid gap-x-4 gap-y-1 py-2 sm:grid-cols-[6rem_minmax(0,1fr)]">
        {["owner", "admin", "editor", "viewer"].map((role) => (
          <div key={role} className="contents">
            <dt className="font-medium text-ink">{t(`common:role.${role}`)}</dt>
            <dd>{t(`members.meaning.${role}`)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
