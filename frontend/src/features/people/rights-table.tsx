import { Check, Minus } from "lucide-react";
import type { Permission, WorkflowRights } from "@/api/schema";
import { Cell, Row, Table } from "@/components/table";
import { useTranslation } from "@/lib/i18n";
import { nameOf } from "./members";

const ACTIONS = ["view", "run", "edit", "decide"] as const;

export function RightsTable({ workflow }: { workflow: WorkflowRights }) {
  const { t } = useTranslation("people");
  if (workflow.permissions.length === 0) return <p className="text-ink-soft">{t("decide.nobody")}</p>;
  return (
    <Table label={t("decide.matrix", { name: workflow.name })} className="max-sm:[&_:is(th,td)]:px-2"
      head={[t("decide.holder"), ...ACTIONS.map((action) => t(`decide.actions.${action}`))]}>
      {workflow.permissions.map((permission) => <HolderRow key={permission.role?.id ?? permission.user?.id} permission={permission} />)}
    </Table>
  );
}

function HolderRow({ permission }: { permission: Permission }) {
  const { t } = useTranslation("people");
  const { role, user, actions } = permission;
  return (
    <Row>
      <Cell className="min-w-28 px-3">
        <span className="block font-medium wrap-anywhere">{role ? role.name : user && nameOf(user)}</span>
        <span className="text-xs text-ink-faint">{t(role ? "decide.role" : "decide.person")}</span>
      </Cell>
      {ACTIONS.map((action) => <Cell key={action} className="px-3"><May yes={gives(actions, action)} /></Cell>)}
    </Row>
  );
}

/** Each of the others gives the right to see, as approvals.permissions has it. */
function gives(actions: string[], action: string): boolean {
  return actions.includes(action) || (action === "view" && actions.length > 0);
}

function May({ yes }: { yes: boolean }) {
  const { t } = useTranslation("people");
  const Icon = yes ? Check : Minus;
  return (
    <span className={yes ? "text-ok" : "text-ink-faint"}>
      <Icon size={16} aria-hidden /><span className="sr-only">{t(yes ? "decide.may" : "decide.may_not")}</span>
    </span>
  );
}
