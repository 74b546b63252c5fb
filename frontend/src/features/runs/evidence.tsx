import type { ReactNode } from "react";
import type { RequestDetail, RunDetail } from "@/api/schema";
import { Status } from "@/components/badge";
import { Id } from "@/components/copy";
import { Panel } from "@/components/page";
import { Cell, Row, Table } from "@/components/table";
import { Time } from "@/components/time";
import { useTranslation } from "@/lib/i18n";
import { useApprovals, useVersion } from "./use-run";

/** What proves that only what was approved was done: the hashes people signed, and the grants that came of it. */
export function Evidence({ slug, run }: { slug: string; run: RunDetail }) {
  const { t } = useTranslation("runs");
  const version = useVersion(slug, run.workflow.id, run.version).data;
  const approvals = useApprovals(slug, run.id);
  const granted = approvals.filter((request) => request.grants.length > 0);
  return (
    <div className="grid gap-6">
      <Panel title={t("evidence.plan")}>
        <dl className="grid gap-3 sm:grid-cols-2">
          <Fact name={t("evidence.version")}>{run.workflow.name} {t("version", { number: run.version })}</Fact>
          {version && <Fact name={t("evidence.spec_hash")}><Id value={version.spec_hash} keep={24} /></Fact>}
          {approvals.map((request) => (
            <Fact key={request.id} name={t("evidence.revision", { revision: request.revision })}>
              <Id value={request.plan_hash} keep={24} /> <Status state={request.status ?? "open"} />
            </Fact>
          ))}
        </dl>
      </Panel>
      <Panel title={t("evidence.title")}>
        <p className="max-w-[72ch] text-ink-soft">{t(granted.length ? "evidence.why" : "evidence.none")}</p>
        {granted.map((request) => <Grants key={request.id} request={request} />)}
      </Panel>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return <div className="min-w-0"><dt className="text-xs text-ink-faint">{name}</dt><dd className="flex flex-wrap items-center gap-2">{children}</dd></div>;
}

function Grants({ request }: { request: RequestDetail }) {
  const { t } = useTranslation("runs");
  const head = ["call", "tool", "state", "used", "expires", "arguments", "schema", "grant"].map((name) => t(`evidence.${name}`));
  return (
    <Table label={t("evidence.title")} head={head}>
      {request.grants.map((grant) => {
        const call = request.calls.find((each) => each.id === grant.call);
        return (
          <Row key={grant.id}>
            <Cell className="font-medium">{grant.call}</Cell>
            <Cell>{grant.tool}</Cell>
            <Cell><Status state={grant.status} /></Cell>
            <Cell className="whitespace-nowrap">{grant.consumed_at && <Time at={grant.consumed_at} />}</Cell>
            <Cell className="whitespace-nowrap"><Time at={grant.expires_at} /></Cell>
            <Cell>{call && <Id value={call.arguments_hash} keep={16} />}</Cell>
            <Cell>{call && <Id value={call.schema_hash} keep={16} />}</Cell>
            <Cell><Id value={grant.id} /></Cell>
          </Row>
        );
      })}
    </Table>
  );
}
