import { Link } from "@tanstack/react-router";
import type { Problem } from "@/api/problem";
import type { ListedRequest, RequestDetail } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { useTranslation } from "@/lib/i18n";
import { SignedOut } from "../signed-out";
import { useSettledBy } from "./settled-by";

type Props = { slug: string; request: RequestDetail; problem: Problem; newest?: ListedRequest };

/** Why a decision was not counted, kindly: who was quicker or what is newer, and the way on. The words typed stay. */
export function Refusal({ slug, request, problem, newest }: Props) {
  const { t } = useTranslation("review");
  const who = useSettledBy(request);
  if (problem.fields.some((fault) => fault.field === "comment")) return null;
  if (problem.status === 401) return <SignedOut />;
  if (problem.status === 0) return request.mine.may && <Banner tone="warn" live title={t("refused.unanswered")}>{t("refused.unanswered_next")}</Banner>;
  const current = problem.body.current as { id: string; revision: number } | undefined;
  const target = current && current.id !== request.id ? current : newest && newest.revision > request.revision ? newest : undefined;
  if (problem.status === 409) {
    return (
      <Banner tone="warn" live title={t(titleOf(problem, who))} action={target && (
        <Button asChild look="primary">
          <Link to="/t/$slug/approvals/$id" params={{ slug, id: target.id } as never}>{t("newer.open", { n: target.revision })}</Link>
        </Button>
      )}>
        <p>{who ?? problem.detail}</p>
        {target && <p>{t("refused.newer", { n: target.revision })}</p>}
        <p>{t("refused.not_counted")}</p>
      </Banner>
    );
  }
  return <Banner tone="bad" title={t(problem.status === 403 ? "refused.may_not" : "refused.failed")}>{problem.detail} {t("refused.kept")}</Banner>;
}

/** What became of the request, in a word: somebody's decision, a newer revision, its time, or one's own earlier word. */
function titleOf(problem: Problem, who: string | undefined): string {
  if (problem.code === "already_decided") return "refused.already_decided";
  if (who) return "refused.too_late";
  if (problem.code === "revision_changed") return "refused.revision_changed";
  return problem.code === "request_closed" ? "refused.request_closed" : "refused.failed";
}
