import { $api } from "@/api/client";
import { useRefresh } from "@/api/refresh";
import type { Role, WorkflowRights } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Confirm } from "@/components/dialog";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { useSlug } from "@/lib/url-state";
import { useRights } from "./rights";

/** Says what hangs on the role before it goes. */
export function DeleteRole({ role, onClose }: { role: Role; onClose: () => void }) {
  const { t } = useTranslation("people");
  const slug = useSlug();
  const refresh = useRefresh();
  const { workflows } = useRights();
  const remove = $api.useMutation("delete", "/api/v1/tenants/{slug}/roles/{id}/", {
    onSuccess: () => {
      say(t("roles.deleted", { name: role.name }));
      onClose();
      return refresh("/api/v1/tenants/{slug}/roles/", "/api/v1/tenants/{slug}/permissions/");
    },
  });
  const rights = namesOf(workflows, (workflow) => workflow.permissions.some((each) => each.role?.id === role.id));
  const asking = namesOf(workflows, (workflow) => workflow.gates.some((gate) => gate.rules.some((rule) => rule.role_id === role.id)));
  return (
    <Confirm open onOpenChange={(open) => { if (!open) onClose(); }} busy={remove.isPending} action={t("roles.delete")}
      title={t("roles.delete_title", { name: role.name })}
      onConfirm={() => remove.mutate({ params: { path: { slug, id: role.id } } })}>
      <ul className="grid gap-1">
        {role.members > 0 && <li>{t("roles.delete_holders", { count: role.members })}</li>}
        {rights && <li>{t("roles.delete_rights", { names: rights })}</li>}
        <li>{asking ? t("roles.delete_blocked", { names: asking }) : t("roles.delete_free")}</li>
      </ul>
      {remove.error && <Banner tone="bad">{remove.error.detail}</Banner>}
    </Confirm>
  );
}

function namesOf(workflows: WorkflowRights[], picked: (workflow: WorkflowRights) => boolean): string {
  return workflows.filter(picked).map((workflow) => workflow.name).join(", ");
}
