import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { $api } from "@/api/client";
import type { RunDetail } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { listed } from "@/lib/listed";
import { ResolveCall } from "./resolve-call";

type Props = { slug: string; run: RunDetail; may: string[] };

/** What the run waits for, from whom, and what to do about it; or how it ended. */
export function WhatItNeeds(props: Props) {
  switch (props.run.status) {
    case "waiting": return <Waits {...props} />;
    case "needs_attention": return <NeedsAttention {...props} />;
    case "failed": case "rejected": case "cancelled": case "completed": return <Ended {...props} />;
    default: return null;
  }
}

const NAMED = 4;

function Waits({ slug, run }: Props) {
  const { t } = useTranslation("runs");
  const request = $api.useQuery("get", "/api/v1/tenants/{slug}/approvals/{id}/", {
    params: { path: { slug, id: run.request ?? "" } } }, { enabled: !!run.request }).data;
  const people = request?.may_decide.filter((person) => !person.decided).map((person) => person.email) ?? [];
  const more = people.length - NAMED;
  const shown = more > 0 ? [...people.slice(0, NAMED), t("waits.more", { count: more })] : people;
  return (
    <Banner tone={request?.mine.may ? "warn" : "note"} title={t("waits.title", { revision: run.revision })}
      action={run.request && (
        <Button asChild look="primary">
          <Link to="/t/$slug/approvals/$id" params={{ slug, id: run.request }}>{t("page.review")}</Link>
        </Button>
      )}>
      {request && (
        <p>
          {request.policy.words}{" "}
          {request.mine.may ? t("waits.yours") : people.length ? t("waits.who", { people: listed(shown) }) : t("waits.nobody")}
        </p>
      )}
    </Banner>
  );
}

function NeedsAttention({ slug, run, may }: Props) {
  const { t } = useTranslation("runs");
  const { attention } = run;
  if (!attention) return null;
  const inDoubt = attention.reason === "in_doubt" && attention.ledger_entry;
  return (
    <Banner tone="bad" title={t("needs.title", { reason: t(`attention.${attention.reason}`, attention.reason) })}
      action={!inDoubt && may.includes("run") && <Retry slug={slug} run={run} />}>
      {attention.detail && <p>{attention.detail}</p>}
      <p className="text-ink-soft">{attention.what_to_do}</p>
      {inDoubt && <ResolveCall slug={slug} entry={attention.ledger_entry} />}
    </Banner>
  );
}

const TONES = { completed: "ok", failed: "bad", rejected: "note", cancelled: "note" } as const;

function Ended({ slug, run, may }: Props) {
  const { t } = useTranslation("runs");
  const tone = TONES[run.status as keyof typeof TONES];
  return (
    <Banner tone={tone} title={t(`ended.${run.status}`)}
      action={run.status === "failed" && may.includes("run") && <Retry slug={slug} run={run} />}>
      {run.error?.detail && <p>{run.error.detail}</p>}
    </Banner>
  );
}

function Retry({ slug, run }: { slug: string; run: RunDetail }) {
  const { t } = useTranslation("runs");
  const client = useQueryClient();
  const retry = $api.useMutation("post", "/api/v1/tenants/{slug}/runs/{id}/retry/", {
    onSuccess: () => { say(t("retried")); return client.invalidateQueries(); },
    onError: (error) => say(error.detail),
  });
  return (
    <Button look="primary" busy={retry.isPending} onClick={() => retry.mutate({ params: { path: { slug, id: run.id } } })}>
      {t("needs.retry")}
    </Button>
  );
}
