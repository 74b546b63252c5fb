import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { api, $api } from "@/api/client";
import type { Permission, Template } from "@/api/schema";
import { Badge } from "@/components/badge";
import { Banner } from "@/components/banner";
import { IconButton } from "@/components/button";
import { Panel } from "@/components/page";
import { Failed, Skeleton } from "@/components/states";
import { Cell, Row, Table } from "@/components/table";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { AddPermission } from "./add-permission";
import { Deciders } from "./deciders";
import { PERMISSIONS } from "./paths";
import { useRole } from "./use-role";

export const ACTIONS = ["view", "run", "edit", "decide"] as const;
type Props = { slug: string; workflow: Template };

export function holderOf(permission: Permission): { id: string; name: string; kind: "role" | "user" } {
  const { role, user } = permission;
  if (role) return { id: role.id, name: role.name, kind: "role" };
  return { id: user?.id ?? "", name: user?.name || user?.email || "", kind: "user" };
}

/** Which roles and people may see, run, edit and decide. One row is changed at a time, over what one saw. */
export function PermissionsTab({ slug, workflow }: Props) {
  const { t } = useTranslation("workflows");
  const role = useRole(slug);
  const mayChange = role === "admin" || role === "owner";
  const path = { slug, id: workflow.id };
  const found = useQuery({ queryKey: ["get", PERMISSIONS, path, "with etag"], queryFn: async () => {
    const { data, response } = await api.GET(PERMISSIONS, { params: { path } });
    return { rows: data?.results ?? [], etag: response.headers.get("ETag") ?? undefined };
  } });
  const change = $api.useMutation("put", PERMISSIONS, { onSettled: () => found.refetch() });
  if (found.isPending) return <Skeleton rows={4} tall />;
  if (found.error && !found.data) return <Failed error={found.error as never} retry={() => void found.refetch()} />;
  const { rows, etag } = found.data;
  const set = (holder: ReturnType<typeof holderOf>, actions: string[]) => change.mutate(
    { params: { path, header: { "If-Match": etag } }, body: { [holder.kind]: holder.id, actions } as never },
    { onSuccess: () => say(t("permissions.saved", { name: holder.name })) });
  const head = [t("permissions.holder"), ...ACTIONS.map((action) => t(`permissions.action.${action}`)),
    <span key="remove" className="sr-only">{t("permissions.take")}</span>];
  return (
    <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <Panel title={t("permissions.who")}>
        <p className="max-w-[72ch] text-ink-soft">{t("permissions.why")}</p>
        {!mayChange && <Banner>{t("permissions.readonly")}</Banner>}
        {change.error && <Banner tone="bad">{change.error.code === "precondition_failed" ? t("permissions.changed") : change.error.detail}</Banner>}
        {rows.length === 0 && <p className="text-ink-faint">{t("permissions.none")}</p>}
        {rows.length > 0 && (
          <Table label={t("permissions.who")} head={head} className="max-sm:[&_:is(th,td)]:px-2">
            {rows.map((row) => <HolderRow key={holderOf(row).id} row={row} fixed={!mayChange || change.isPending} onSet={set} />)}
          </Table>
        )}
        {mayChange && <AddPermission slug={slug} taken={rows} busy={change.isPending} onAdd={(holder) => set(holder, holder.kind === "role" ? ["view", "decide"] : ["view"])} />}
      </Panel>
      <Deciders slug={slug} rows={rows} />
    </div>
  );
}

/** Who loses another right goes on seeing: that is taken away by itself. */
function withRight(others: string[], action: string, checked: boolean): string[] {
  if (action === "view") return checked ? ["view"] : [];
  return checked ? ["view", ...others, action] : ["view", ...others];
}

type RowProps = { row: Permission; fixed: boolean; onSet: (holder: ReturnType<typeof holderOf>, actions: string[]) => void };

function HolderRow({ row, fixed, onSet }: RowProps) {
  const { t } = useTranslation("workflows");
  const holder = holderOf(row);
  const actions: string[] = row.actions;
  const rights = actions.filter((action) => action !== "view");
  return (
    <Row>
      <Cell className="max-w-64">
        <span className="flex flex-wrap items-center gap-2"><span className="min-w-0 font-medium wrap-anywhere">{holder.name}</span>
          <Badge>{t(holder.kind === "role" ? "permissions.role" : "permissions.person")}</Badge></span>
      </Cell>
      {ACTIONS.map((action) => {
        const impossible = action === "decide" && holder.kind === "user";
        const given = action === "view" && rights.length > 0; // approvals.permissions: each of the others gives it
        const others = rights.filter((each) => each !== action);
        return (
          <Cell key={action}>
            <input type="checkbox" className="size-4 accent-(--accent)" checked={given || actions.includes(action)} disabled={fixed || impossible || given}
              aria-label={t("permissions.label", { action: t(`permissions.action.${action}`), name: holder.name })}
              title={impossible ? t("permissions.decide_needs_role") : given ? t("permissions.given") : undefined}
              onChange={(event) => onSet(holder, withRight(others, action, event.target.checked))} />
          </Cell>
        );
      })}
      <Cell className="w-10">
        {!fixed && <IconButton label={t("permissions.remove", { name: holder.name })} onClick={() => onSet(holder, [])}><X size={14} aria-hidden /></IconButton>}
      </Cell>
    </Row>
  );
}
