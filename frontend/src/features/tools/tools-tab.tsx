import { Eye, Stamp, Wrench } from "lucide-react";
import type { ListedTool } from "@/api/schema";
import { Badge } from "@/components/badge";
import { Id } from "@/components/copy";
import { RowItem, Rows } from "@/components/rows";
import { Stale } from "@/components/stale";
import { Empty, Failed, Skeleton } from "@/components/states";
import { useTranslation } from "@/lib/i18n";
import { useTools } from "./lists";

export function ToolsTab() {
  const { t } = useTranslation("tools");
  const query = useTools();
  if (query.isPending) return <Skeleton tall rows={3} />;
  if (query.error && !query.data) return <Failed error={query.error} retry={() => void query.refetch()} />;
  if (query.tools.length === 0) return <Empty icon={Wrench} title={t("tools.empty")}>{t("tools.about")}</Empty>;
  return (
    <div className="grid gap-4">
      <Stale query={query} />
      <p className="max-w-prose text-ink-soft">{t("tools.about")}</p>
      <Rows label={t("tools.list")}>{query.tools.map((tool) => <ToolRow key={tool.name} tool={tool} />)}</Rows>
    </div>
  );
}

function ToolRow({ tool }: { tool: ListedTool }) {
  const { t } = useTranslation("tools");
  return (
    <RowItem
      title={<>
        <code className="font-mono text-sm">{tool.name}</code>
        {tool.read_only
          ? <Badge><Eye size={12} aria-hidden />{t("tools.read_only")}</Badge>
          : <Badge tone="accent"><Stamp size={12} aria-hidden />{t("tools.asks")}</Badge>}
        {tool.idempotent && <Badge>{t("tools.idempotent")}</Badge>}
      </>}
      about={<>
        <span className="block max-w-prose">{tool.description}</span>
        {tool.credential_kind && <span>{t("tools.needs", { kind: t(`credentials.kinds.${tool.credential_kind}`).toLowerCase() })}</span>}
      </>}
      actions={<span className="flex items-center gap-1 text-sm text-ink-faint">{t("tools.hash")} <Id value={tool.schema_hash} keep={14} /></span>}
    >
      <details className="text-sm">
        <summary className="cursor-pointer py-1 text-ink-soft">{t("tools.schema")}</summary>
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls must be reachable by keyboard */}
        <pre tabIndex={0} className="mt-1 max-h-96 overflow-auto rounded-md bg-sunken p-3 font-mono text-xs">{JSON.stringify(tool.input_schema, null, 2)}</pre>
      </details>
    </RowItem>
  );
}
