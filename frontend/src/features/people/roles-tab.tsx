import { Stamp } from "lucide-react";
import { useState } from "react";
import { $api } from "@/api/client";
import { useHere } from "@/api/me";
import { byCursor, rowsOf } from "@/api/pages";
import type { Role } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { More, Rows } from "@/components/rows";
import { Stale } from "@/components/stale";
import { Empty, Failed, Skeleton } from "@/components/states";
import { useTranslation } from "@/lib/i18n";
import { useSlug } from "@/lib/url-state";
import { RoleForm } from "./role-form";
import { RoleRow } from "./role-row";

export const ROLES_PATH = "/api/v1/tenants/{slug}/roles/";

export function RolesTab() {
  const { t } = useTranslation("people");
  const slug = useSlug();
  const { role, isAdmin } = useHere();
  const [making, setMaking] = useState(false);
  const query = $api.useInfiniteQuery("get", ROLES_PATH, { params: { path: { slug } } }, byCursor);
  if (query.isPending) return <Skeleton tall rows={3} />;
  if (query.error && !query.data) return <Failed error={query.error} retry={() => void query.refetch()} />;
  const roles = rowsOf<Role>(query.data);
  const make = isAdmin && <Button look="primary" onClick={() => setMaking(true)}>{t("roles.new")}</Button>;
  return (
    <div className="grid gap-4">
      <Stale query={query} />
      {!isAdmin && <Banner>{t("roles.admins_only", { role: t(`common:role.${role}`).toLowerCase() })}</Banner>}
      {roles.length === 0
        ? <Empty icon={Stamp} title={t("roles.empty")} action={make}>{t("roles.empty_why")}</Empty>
        : (
          <>
            <div className="flex flex-wrap items-start justify-between gap-4">
              <p className="max-w-prose text-ink-soft">{t("roles.about")}</p>
              {make}
            </div>
            <Rows label={t("roles.list")}>{roles.map((each) => <RoleRow key={each.id} role={each} />)}</Rows>
            <More query={query} />
          </>
        )}
      {making && <RoleForm onClose={() => setMaking(false)} />}
    </div>
  );
}
