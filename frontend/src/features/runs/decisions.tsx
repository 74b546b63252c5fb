import { Link } from "@tanstack/react-router";
import type { RequestDetail } from "@/api/schema";
import { Status } from "@/components/badge";
import { Panel } from "@/components/page";
import { Time } from "@/components/time";
import { useTranslation } from "@/lib/i18n";

/** Who said what on which revision, oldest first. */
export function Decisions({ slug, approvals }: { slug: string; approvals: RequestDetail[] }) {
  const { t } = useTranslation("runs");
  if (approvals.length === 0) return <Panel title={t("decisions.title")}><p className="text-ink-faint">{t("decisions.none")}</p></Panel>;
  return (
    <Panel title={t("decisions.title")}>
      <ol className="grid gap-4">
        {approvals.map((request) => (
          <li key={request.id} className="grid gap-2">
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <Link to="/t/$slug/approvals/$id" params={{ slug, id: request.id }}>{t("decisions.request", { revision: request.revision })}</Link>
              <Status state={request.status ?? "open"} />
              <span className="ml-auto text-sm text-ink-faint"><Time at={request.settled_at ?? request.opened_at ?? ""} /></span>
            </div>
            {request.decisions.length === 0 && <p className="text-sm text-ink-faint">{t("decisions.none")}</p>}
            <ul className="grid gap-2">
              {request.decisions.map((said) => (
                <li key={said.id} className="border-l-2 border-line pl-3">
                  <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
                    <Status state={said.verdict} />
                    <span className="font-medium wrap-anywhere">{said.user.name || said.user.email}</span>
                    {said.roles.length > 0 && <span className="text-sm text-ink-faint">{t("decisions.as", { roles: said.roles.join(", ") })}</span>}
                    <span className="text-sm text-ink-faint"><Time at={said.at} /></span>
                  </p>
                  {said.comment && <blockquote className="mt-1 max-w-[72ch] whitespace-pre-wrap wrap-anywhere">{said.comment}</blockquote>}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
