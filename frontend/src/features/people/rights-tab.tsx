import { Link } from "@tanstack/react-router";
import { Workflow } from "lucide-react";
import type { WorkflowRights } from "@/api/schema";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Panel } from "@/components/page";
import { Stale } from "@/components/stale";
import { Empty, Failed, Skeleton } from "@/components/states";
import { useTranslation } from "@/lib/i18n";
import { useSlug } from "@/lib/url-state";
import { GatesOf } from "./gates-of";
import { nameOf } from "./members";
import { RightsTable } from "./rights-table";
import { useRights } from "./rights";

/** Workflows × roles and people, and whom that comes to when something is to be decided. */
export function RightsTab() {
  const { t } = useTranslation("people");
  const slug = useSlug();
  const query = useRights();
  if (query.isPending) return <Skeleton tall />;
  if (query.error && !query.data) return <Failed error={query.error} retry={() => void query.refetch()} />;
  if (query.workflows.length === 0) {
    return (
      <Empty icon={Workflow} title={t("decide.empty")}
        action={<Button asChild><Link to="/t/$slug/workflows" params={{ slug }}>{t("decide.to_workflows")}</Link></Button>}>
        {t("decide.empty_why")}
      </Empty>
    );
  }
  return (
    <div className="grid gap-6">
      <Stale query={query} />
      <p className="max-w-prose text-ink-soft">{t("decide.about")}</p>
      {query.workflows.map((workflow) => <WorkflowPanel key={workflow.id} workflow={workflow} />)}
    </div>
  );
}

function WorkflowPanel({ workflow }: { workflow: WorkflowRights }) {
  const { t } = useTranslation("people");
  const slug = useSlug();
  const link = (
    <Link to="/t/$slug/workflows/$id" params={{ slug, id: workflow.id }} search={{ tab: "permissions" } as never} className="py-1 text-sm underline">
      {t("decide.change")}
    </Link>
  );
  return (
    <Panel title={workflow.name} actions={link}>
      <div className="grid min-w-0 items-start gap-6 md:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <RightsTable workflow={workflow} />
        <div className="grid gap-4">
          <Approvers workflow={workflow} />
          <GatesOf workflow={workflow} />
        </div>
      </div>
    </Panel>
  );
}

function Approvers({ workflow }: { workflow: WorkflowRights }) {
  const { t } = useTranslation("people");
  return (
    <section className="grid gap-1.5">
      <h3 className="text-sm">{t("decide.approvers")}</h3>
      {workflow.deciders.length === 0
        ? <p className="text-ink-soft">{t("decide.approvers_none")}</p>
        : (
          <ul className="grid gap-1">
            {workflow.deciders.map((person) => (
              <li key={person.id} className="flex flex-wrap items-center gap-x-2 gap-y-1" title={person.email}>
                <span className="wrap-anywhere">{nameOf(person)}</span>
                {person.roles.map((role) => <Badge key={role.id}>{role.name}</Badge>)}
              </li>
            ))}
          </ul>
        )}
    </section>
  );
}
