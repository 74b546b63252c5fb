import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import type { RequestDetail, RunDetail } from "@/api/schema";
import { Status } from "@/components/badge";
import { Time } from "@/components/time";
import { useTranslation } from "@/lib/i18n";

type Props = { slug: string; request: RequestDetail; run: RunDetail | null | undefined };

/** What it takes, in a line: which revision, until when, and who still has to say yes. */
export function RequestFacts({ slug, request, run }: Props) {
  const { t } = useTranslation("review");
  const open = request.status === "open"; // its words change, their places don't: somebody may be reading below
  const rules = request.policy.rules.map((rule) => t("header.rule", { role: rule.role, have: rule.approved, all: rule.count }));
  return (
    <div className="-mt-5 grid gap-1">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-ink-soft">
        <Status state={request.status ?? ""} />
        <span className="font-medium text-ink">{t("header.revision", { n: request.revision })}</span>
        {request.expires_at && <span className="font-medium text-warn">{t("header.due")} <Time at={request.expires_at} /></span>}
        <span>{t(open ? "header.needs" : "header.needed", { rules: rules.join(", ") })}</span>
        <span>{t("header.opened")} <Time at={request.opened_at ?? ""} /></span>
        <span className="wrap-anywhere">
          {request.started_by && t("header.started_by", { who: request.started_by.name || request.started_by.email })}
          {run && <> · <Link to="/t/$slug/runs/$id" params={{ slug, id: run.id } as never}>{t("header.run")}</Link></>}
        </span>
      </p>
      <p className="text-sm text-ink-soft">
        {request.policy.words} {t("header.asked")}{" "}
        {request.may_decide.length === 0 ? t("header.nobody") : request.may_decide.map((person, index) => (
          <Fragment key={person.id}>{index > 0 && ", "}<span className="wrap-anywhere">{person.name || person.email}</span></Fragment>
        ))}
      </p>
      {open && request.unmeetable.map((lack) => (
        <p key={lack.role_id} role="alert" className="text-bad">{t("header.unmeetable", { role: lack.role, count: lack.lacks })}</p>
      ))}
    </div>
  );
}
