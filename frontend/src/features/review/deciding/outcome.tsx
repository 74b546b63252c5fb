import { Link } from "@tanstack/react-router";
import { CheckCircle2, CircleSlash, MessageSquareReply, Send } from "lucide-react";
import type { ReactNode } from "react";
import type { RunStory } from "@/api/run-events";
import type { ListedRequest, RequestDetail, RunDetail, ToolCall } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { useTranslation } from "@/lib/i18n";
import { exact } from "@/lib/time";
import { EffectLine } from "../beside/effect-line";
import { useLeavingWords } from "./button-words";
import { Revising } from "./revising";

export type OutcomeProps = {
  slug: string; request: RequestDetail; run: RunDetail | null | undefined; revisions: ListedRequest[];
  effects: ToolCall[]; words: Record<string, string>; story: RunStory; waiting: ListedRequest[];
};

/** What a settled request has come to: what was said, what is happening because of it, and where to go on. */
export function Outcome(props: OutcomeProps) {
  const { slug, request, revisions, waiting } = props;
  const { t } = useTranslation("review");
  const newer = revisions[0] && revisions[0].revision > request.revision ? revisions[0] : undefined;
  const next = waiting.find((each) => each.id !== request.id && each.id !== newer?.id);
  return (
    <div className="grid gap-3">
      <Said request={request} />
      {request.status === "approved" && <Delivery {...props} />}
      {request.status === "changes_requested" && !newer && <Revising {...props} />}
      {newer && (
        <Banner live title={t("newer.here", { n: newer.revision })} action={
          <Button asChild look="primary" className="h-10">
            <Link to="/t/$slug/approvals/$id" params={{ slug, id: newer.id } as never} search={{ since: request.revision } as never}>
              {t("newer.open", { n: newer.revision })}
            </Link>
          </Button>
        }>{t("newer.place")}</Banner>
      )}
      <div className="flex flex-wrap items-center justify-end gap-2">
        <Button asChild><Link to="/t/$slug/inbox" params={{ slug } as never}>{t("outcome.inbox")}</Link></Button>
        {next && (
          <Button asChild>
            <Link to="/t/$slug/approvals/$id" params={{ slug, id: next.id } as never}>{t("outcome.next", { title: next.title })}</Link>
          </Button>
        )}
      </div>
    </div>
  );
}

const ICONS: Record<string, typeof Send> = { approved: CheckCircle2, changes_requested: MessageSquareReply };

function Said({ request }: { request: RequestDetail }) {
  const { t } = useTranslation("review");
  const status = request.status ?? "";
  const last = request.decisions.at(-1);
  const Icon = ICONS[status] ?? CircleSlash;
  const settling = last && ["approved", "rejected", "changes_requested"].includes(status);
  return (
    <p role="status" className="flex items-start gap-2">
      <Icon size={18} aria-hidden className="mt-0.5 shrink-0" />
      <span className="min-w-0 wrap-anywhere">
        {settling ? t(`said.${last.verdict}`, { who: last.user.name || last.user.email, n: request.revision, at: exact(last.at) })
          : t(`outcome.${status}`, { n: request.revision })}
        {settling && last.verdict === "reject" && ` ${t("outcome.nothing_left")}`}
      </span>
    </p>
  );
}

function Delivery({ slug, request, run, effects, words }: OutcomeProps) {
  const { t } = useTranslation("review");
  const leaving = useLeavingWords(request);
  const settled = effects.filter((effect) => effect.state !== "intent");
  const all = settled.length >= request.calls.length && settled.every((effect) => effect.state === "done");
  if (request.calls.length === 0) return null;
  return (
    <div className="grid gap-2 border-l-2 border-seal pl-3" aria-live="polite">
      {!all && run?.status !== "needs_attention" && run?.status !== "failed" && run?.status !== "cancelled"
        && <Line>{t("outcome.on_the_way", { what: leaving })}</Line>}
      {all && <p className="font-semibold text-seal">{t("outcome.delivered")}</p>}
      {effects.map((effect) => <EffectLine key={effect.id} slug={slug} effect={effect} label={words[effect.call]} />)}
      {run && ["needs_attention", "failed", "cancelled"].includes(run.status) && (
        <Banner tone="bad" title={t(`outcome.run_${run.status}`)} action={
          <Button asChild><Link to="/t/$slug/runs/$id" params={{ slug, id: run.id } as never}>{t("outcome.to_run")}</Link></Button>
        }>{run.attention ? `${run.attention.detail} ${run.attention.what_to_do}` : run.error?.detail}</Banner>
      )}
    </div>
  );
}

function Line({ children }: { children: ReactNode }) {
  return <p className="flex items-center gap-2"><Send size={14} aria-hidden className="animate-pulse text-seal" />{children}</p>;
}
