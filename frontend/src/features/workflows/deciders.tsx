import { Link } from "@tanstack/react-router";
import { $api } from "@/api/client";
import { byCursor, rowsOf, useWhole } from "@/api/pages";
import type { Approver, Permission } from "@/api/schema";
import { Panel } from "@/components/page";
import { useTranslation } from "@/lib/i18n";

/** Who may decide, down to the people: roles are abstract, and somebody on holiday is not. */
export function Deciders({ slug, rows }: { slug: string; rows: Permission[] }) {
  const { t } = useTranslation("workflows");
  const roles = rows.filter((row) => row.role && (row.actions as string[]).includes("decide")).flatMap((row) => (row.role ? [row.role] : []));
  return (
    <Panel title={t("permissions.deciders")}>
      {roles.length === 0 ? <p className="text-ink-faint">{t("permissions.nobody")}</p> : (
        <>
          <p className="text-sm text-ink-soft">{t("permissions.deciders_why")}</p>
          {roles.map((role) => <Members key={role.id} slug={slug} role={role} />)}
        </>
      )}
    </Panel>
  );
}

function Members({ slug, role }: { slug: string; role: { id: string; name: string } }) {
  const { t } = useTranslation("workflows");
  const found = useWhole($api.useInfiniteQuery("get", "/api/v1/tenants/{slug}/roles/{id}/members/", {
    params: { path: { slug, id: role.id } } }, byCursor));
  const members = rowsOf<Approver>(found.data);
  return (
    <section aria-label={t("permissions.members", { name: role.name })} className="grid gap-1">
      <h3 className="flex items-baseline justify-between gap-2 text-sm font-medium">
        {role.name}
        <Link to="/t/$slug/people" params={{ slug }} search={{ tab: "roles" } as never} className="text-xs font-normal">{t("permissions.action.edit")}</Link>
      </h3>
      {found.data && members.length === 0 && <p className="text-sm text-warn">{t("permissions.no_members")}</p>}
      <ul>{members.map((member) => <li key={member.id} className="wrap-anywhere">{member.name || member.email}</li>)}</ul>
    </section>
  );
}
