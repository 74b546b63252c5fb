import { Link } from "@tanstack/react-router";
import { CheckCircle2, CircleSlash, MessageSquareReply, Send } from "lucide-react";
import type { ReactNode } from "react";
import type { RunStory } from "@/api/run-events";
import type { ListedRequest, RequestDetail, RunDetail, ToolCall } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { cx } from "@/lib/cx";
import { useTranslation } from "@/lib/i18n";
import { exact } from "@/lib/time";
import { EffectLine } from "../beside/effect-line";
import { heldUntil, isOver, undone } from "../use-review";
import { useLeavingWords } from "./button-words";
import { Revising } from "./revising";
import { useSettledBy } from "./settled-by";

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
  const settled = useSettledBy(request);
  const Icon = ICONS[status] ?? CircleSlash;
  return (
    <p role="status" className="flex items-start gap-2">
      <Icon size={18} aria-hidden className="mt-0.5 shrink-0" />
      <span className="min-w-0 wrap-anywhere">
        {settled ?? t(`outcome.${status}`, { n: request.revision })}
        {settled && status === "rejected" && ` ${t("outcome.nothing_left")}`}
      </span>
    </p>
  );
}

function Delivery({ slug, request, run, effects, words }: OutcomeProps) {
  const { t } = useTranslation("review");
  const leaving = useLeavingWords(request);
  const done = effects.filter((effect) => effect.state === "done").length;
  const all = done >= request.calls.length;
  const goes = !all && !isOver(run) && run?.status !== "needs_attention" && undone(request, effects).length > 0;
  const held = heldUntil(request);
  if (request.calls.length === 0) return null;
  return (
    <div className={cx("grid gap-2 border-l-2 pl-3", goes || done > 0 ? "border-seal" : "border-line")} aria-live="polite">
      {goes && (held ? <p>{t("outcome.held", { what: leaving, at: exact(held) })}</p> : <Line>{t("outcome.on_the_way", { what: leaving })}</Line>)}
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
