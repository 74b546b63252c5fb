import { Link } from "@tanstack/react-router";
import type { Decision, ListedRequest, RequestDetail, ToolCall } from "@/api/schema";
import { Status } from "@/components/badge";
import { Panel } from "@/components/page";
import { Time } from "@/components/time";
import { useTranslation } from "@/lib/i18n";
import { useEarlierWords } from "../use-review";
import { EffectLine } from "./effect-line";

type Props = { slug: string; request: RequestDetail; revisions: ListedRequest[]; effects: ToolCall[]; words: Record<string, string> };

/** Who said what and when, newest first; and once it is settled, what came of it. */
export function HistoryPanel({ slug, request, revisions, effects, words }: Props) {
  const { t } = useTranslation("review");
  const others = revisions.filter((each) => each.id !== request.id);
  const said = useEarlierWords(slug, others);
  return (
    <Panel title={t("history.title")}>
      <ol className="grid gap-4">
        {effects.map((effect) => <li key={effect.id}><EffectLine slug={slug} effect={effect} label={words[effect.call]} /></li>)}
        {request.grants.filter((grant) => !effects.some((effect) => effect.grant === grant.id)).map((grant) => (
          <li key={grant.id} className="flex flex-wrap items-center gap-x-2 text-sm">
            <Status state={grant.status} />
            <span>{t("history.grant", { call: words[grant.call] ?? grant.call })}</span>
          </li>
        ))}
        {[...request.decisions].reverse().map((decision) => <Said key={decision.id} decision={decision} />)}
        <li className="text-sm text-ink-soft">
          {t("history.opened", { n: request.revision })} <Time at={request.opened_at ?? ""} />
        </li>
        {others.map((each, index) => (
          <li key={each.id} className="grid gap-3 border-t border-line pt-3">
            <p className="flex flex-wrap items-center gap-2 text-sm">
              <Link to="/t/$slug/approvals/$id" params={{ slug, id: each.id } as never}>{t("history.revision", { n: each.revision })}</Link>
              <Status state={each.status ?? ""} />
              <span className="text-ink-soft"><Time at={each.settled_at ?? each.opened_at ?? ""} /></span>
            </p>
            {said[index] && said[index].length > 0 && <ol className="grid gap-3">{[...said[index]].reverse().map((one) => <Said key={one.id} decision={one} />)}</ol>}
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function Said({ decision }: { decision: Decision }) {
  const { t } = useTranslation("review");
  return (
    <li className="grid gap-1">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Status state={decision.verdict} />
        <span className="font-medium wrap-anywhere">{decision.user.name || decision.user.email}</span>
        <span className="text-sm text-ink-soft">{decision.roles.length > 0 && t("history.as", { roles: decision.roles.join(", ") })} <Time at={decision.at} /></span>
      </p>
      {decision.comment && <blockquote className="border-l-2 border-line pl-2 whitespace-pre-wrap wrap-anywhere">{decision.comment}</blockquote>}
    </li>
  );
}
