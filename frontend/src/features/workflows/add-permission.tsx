import { useState } from "react";
import { $api } from "@/api/client";
import { byCursor, rowsOf, useWhole } from "@/api/pages";
import type { Permission, Role } from "@/api/schema";
import { Button } from "@/components/button";
import { Field, Select } from "@/components/field";
import { useTranslation } from "@/lib/i18n";
import { useMembers } from "./use-people";

type Holder = { id: string; name: string; kind: "role" | "user" };
type Props = { slug: string; taken: Permission[]; busy: boolean; onAdd: (holder: Holder) => void };

export function AddPermission({ slug, taken, busy, onAdd }: Props) {
  const { t } = useTranslation("workflows");
  const [chosen, setChosen] = useState("");
  const roles = useRoles(slug);
  const members = useMembers(slug);
  const has = new Set(taken.flatMap((row) => [row.role?.id, row.user?.id]));
  const holders: Holder[] = [
    ...roles.map((role) => ({ id: role.id, name: role.name, kind: "role" as const })),
    ...members.filter((member) => !member.is_service).map((member) => ({ id: member.user, name: member.name || member.email, kind: "user" as const })),
  ].filter((holder) => !has.has(holder.id));
  const of = (kind: Holder["kind"]) => holders.filter((holder) => holder.kind === kind);
  const add = () => {
    const holder = holders.find((each) => each.id === chosen);
    if (holder) { onAdd(holder); setChosen(""); }
  };
  return (
    <div className="flex flex-wrap items-end gap-2">
      <Field label={t("permissions.add")} className="min-w-48 flex-1">
        {(ids) => (
          <Select {...ids} value={chosen} onChange={(event) => setChosen(event.target.value)}>
            <option value="">{t("permissions.choose")}</option>
            <optgroup label={t("permissions.roles")}>{of("role").map((each) => <option key={each.id} value={each.id}>{each.name}</option>)}</optgroup>
            <optgroup label={t("permissions.people")}>{of("user").map((each) => <option key={each.id} value={each.id}>{each.name}</option>)}</optgroup>
          </Select>
        )}
      </Field>
      <Button className="h-9" disabled={!chosen} busy={busy} onClick={add}>{t("permissions.add_action")}</Button>
    </div>
  );
}

function useRoles(slug: string): Role[] {
  const found = useWhole($api.useInfiniteQuery("get", "/api/v1/tenants/{slug}/roles/", {
    params: { path: { slug } } }, { ...byCursor, staleTime: 60_000 }));
  return rowsOf<Role>(found.data);
}
