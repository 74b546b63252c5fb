import { Link } from "@tanstack/react-router";
import { FileText, Mail, Users, Wrench } from "lucide-react";
import type { ListedRequest } from "@/api/schema";
import { Status } from "@/components/badge";
import { Time } from "@/components/time";
import { cx } from "@/lib/cx";
import { useTranslation } from "@/lib/i18n";

type Props = { slug: string; request: ListedRequest; chosen: boolean; onChoose: () => void };

const ICONS: Record<string, typeof Mail> = { "email.send": Mail, "files.write": FileText };

export function RequestRow({ slug, request, chosen, onChoose }: Props) {
  const { t } = useTranslation("inbox");
  return (
    <li data-chosen={chosen || undefined}
      className={cx("relative grid gap-x-4 gap-y-1 px-4 py-3 hover:bg-sunken/60 md:grid-cols-[minmax(0,1fr)_auto]",
        chosen && "bg-accent-wash/60 shadow-[inset_3px_0_0_var(--accent)]")}>
      <div className="min-w-0">
        <Link to="/t/$slug/approvals/$id" params={{ slug, id: request.id } as never} onFocus={onChoose}
          className="text-lg font-semibold text-ink no-underline wrap-anywhere after:absolute after:inset-0 hover:underline">
          {request.title}
        </Link>
        <p className="text-sm text-ink-soft">
          {[request.scope.name, t("revision", { n: request.revision }),
            t("started_by", { who: request.started_by?.name || request.started_by?.email || t("nobody") })].join(" · ")}
        </p>
      </div>
      <div className="flex flex-wrap items-center gap-x-3 text-sm text-ink-soft md:justify-end md:text-right">
        {request.status !== "open" && <Status state={request.status ?? ""} />}
        <When request={request} />
      </div>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm md:col-span-2">
        <Leaves tools={request.tools} status={request.status ?? ""} />
        {request.status === "open" && <Needs request={request} />}
      </div>
    </li>
  );
}

function When({ request }: { request: ListedRequest }) {
  const { t } = useTranslation("inbox");
  const parts = request.settled_at ? [[t("settled_at"), request.settled_at]]
    : [[t("opened"), request.opened_at], [t("due"), request.expires_at]];
  return parts.map(([word, at]) => at && (
    <span key={word} className={word === t("due") ? "font-medium text-warn" : undefined}>{word} <Time at={at} /></span>
  ));
}

const FATES: Record<string, string> = { open: "leaves", approved: "released" };

/** What approval lets go, in the colour that nothing else has; without it once nothing will leave. */
function Leaves({ tools, status }: { tools: string[]; status: string }) {
  const { t } = useTranslation("inbox");
  if (tools.length === 0) return <span className="text-ink-faint">{t("nothing_leaves")}</span>;
  const fate = FATES[status];
  return (
    <span className={cx("flex flex-wrap items-center gap-x-3", fate ? "text-seal" : "text-ink-faint")}>
      <span className={fate ? "sr-only" : undefined}>{t(fate ?? "would_have_left")}</span>
      {tools.map((tool, index) => {
        const Icon = ICONS[tool] ?? Wrench;
        const words = tool in ICONS ? t(`tool_${tool.replace(".", "_")}`) : tool;
        return <span key={index} className="inline-flex items-center gap-1"><Icon size={13} aria-hidden />{words}</span>;
      })}
    </span>
  );
}

function Needs({ request }: { request: ListedRequest }) {
  const { t } = useTranslation("inbox");
  const what = request.needs.map((rule) => t("rule", { role: rule.role, approved: rule.approved, count: rule.count }));
  return (
    <span className="inline-flex flex-wrap items-center gap-x-3 text-ink-soft">
      <span className="inline-flex items-center gap-1"><Users size={13} aria-hidden />{t("needs", { what: what.join(", ") })}</span>
      {request.unmeetable.map((lack) => <span key={lack.role_id} className="text-bad">{t("lacks", { role: lack.role })}</span>)}
    </span>
  );
}
