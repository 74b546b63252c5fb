import { Link } from "@tanstack/react-router";
import type { Problem } from "@/api/problem";
import type { ListedRequest, RequestDetail } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { useTranslation } from "@/lib/i18n";
import { exact } from "@/lib/time";
import { SignedOut } from "../signed-out";

type Props = { slug: string; request: RequestDetail; problem: Problem; newest?: ListedRequest };

/** Why a decision was not counted, kindly: who was quicker or what is newer, and the way on. The words typed stay. */
export function Refusal({ slug, request, problem, newest }: Props) {
  const { t } = useTranslation("review");
  const who = useWho(request);
  if (problem.fields.some((fault) => fault.field === "comment")) return null;
  if (problem.status === 401) return <SignedOut />;
  if (problem.status === 0) return request.mine.may && <Banner tone="warn" live title={t("refused.unanswered")}>{t("refused.unanswered_next")}</Banner>;
  const current = problem.body.current as { id: string; revision: number } | undefined;
  const target = current && current.id !== request.id ? current : newest && newest.revision > request.revision ? newest : undefined;
  if (problem.status === 409) {
    return (
      <Banner tone="warn" live title={t("refused.too_late")} action={target && (
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

/** "editor@… requested changes on revision 2 at 14:02." */
function useWho(request: RequestDetail): string | undefined {
  const { t } = useTranslation("review");
  const last = request.decisions.at(-1);
  if (!last || request.status === "open") return undefined;
  return t(`said.${last.verdict}`, { who: last.user.name || last.user.email, n: request.revision, at: exact(last.at) });
}
