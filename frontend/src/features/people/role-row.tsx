import { ChevronDown, ChevronRight } from "lucide-react";
import { useState } from "react";
import { useHere } from "@/api/me";
import type { Role } from "@/api/schema";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { RowItem } from "@/components/rows";
import { useTranslation } from "@/lib/i18n";
import { useUrlState } from "@/lib/url-state";
import { DeleteRole } from "./delete-role";
import { RoleForm } from "./role-form";
import { RoleHolders } from "./role-holders";

/** A role; its name opens who holds it. */
export function RoleRow({ role }: { role: Role }) {
  const { t } = useTranslation("people");
  const { isAdmin } = useHere();
  const [openRole, setOpenRole] = useUrlState("role");
  const [doing, setDoing] = useState<"edit" | "delete">();
  const open = openRole === role.id;
  const Chevron = open ? ChevronDown : ChevronRight;
  return (
    <RowItem
      title={<>
        <button type="button" aria-expanded={open} onClick={() => setOpenRole(open ? "" : role.id)}
          className="-ml-1 flex min-h-8 items-center gap-1 rounded-sm pr-2 text-left font-medium wrap-anywhere hover:underline">
          <Chevron size={16} aria-hidden className="shrink-0 text-ink-faint" />{role.name}
        </button>
        <Badge tone={role.members ? "neutral" : "warn"}>{role.members ? t("roles.held", { count: role.members }) : t("roles.held_none")}</Badge>
      </>}
      about={role.description && <span className="ml-4">{role.description}</span>}
      actions={isAdmin && <>
        <Button look="quiet" onClick={() => setDoing("edit")}>{t("roles.edit")}</Button>
        <Button look="quiet" onClick={() => setDoing("delete")}>{t("roles.delete")}</Button>
      </>}
    >
      {open && <RoleHolders role={role} />}
      {doing === "edit" && <RoleForm role={role} onClose={() => setDoing(undefined)} />}
      {doing === "delete" && <DeleteRole role={role} onClose={() => setDoing(undefined)} />}
    </RowItem>
  );
}
