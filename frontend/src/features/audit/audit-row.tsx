import { ListFilter } from "lucide-react";
import type { AuditEntry } from "@/api/schema";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Id } from "@/components/copy";
import { useTranslation } from "@/lib/i18n";
import { exact } from "@/lib/time";
import { useUrlState } from "@/lib/url-state";
import { actionInWords, gist, subjectInWords } from "./words";

/** Who did what, when; the rest unfolds. */
export function AuditRow({ entry }: { entry: AuditEntry }) {
  const { t } = useTranslation("audit");
  const { actor } = entry;
  const told = gist(entry.data);
  return (
    <li>
      <details className="group">
        <summary className="flex cursor-pointer flex-wrap items-baseline gap-x-3 gap-y-0.5 px-4 py-2.5 -outline-offset-2 hover:bg-sunken/60">
          <span className="min-w-0 flex-1 basis-64 wrap-anywhere">
            <span className="font-medium">{actor.kind === "system" ? t("system") : actor.label}</span>
            {" "}{actionInWords(entry.action)}{told && <span className="text-ink-soft">{": "}{told}</span>}
            {actor.kind !== "user" && actor.kind !== "system" && <>{" "}<Badge>{t(`kinds.${actor.kind}`)}</Badge></>}
          </span>
          <time dateTime={entry.at} className="text-sm whitespace-nowrap text-ink-soft tabular-nums">{exact(entry.at)}</time>
        </summary>
        <Details entry={entry} />
      </details>
    </li>
  );
}

function Details({ entry }: { entry: AuditEntry }) {
  const { t } = useTranslation("audit");
  const [, setSubject] = useUrlState("subject");
  const [, setActor] = useUrlState("actor");
  const { actor, subject } = entry;
  return (
    <div className="grid gap-3 border-t border-line bg-paper px-4 py-3 text-sm">
      <p className="flex flex-wrap items-center gap-x-4 gap-y-1 text-ink-soft">
        <code className="font-mono text-xs">{`#${entry.sequence} ${entry.action}`}</code>
        <span className="flex items-center gap-1">{subjectInWords(subject.type)} <Id value={subject.id} /></span>
        {actor.via && <span>{t("via", { via: actor.via })}</span>}
      </p>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls must be reachable by keyboard */}
      <pre tabIndex={0} aria-label={t("data")} role="region" className="max-h-80 overflow-auto rounded-md bg-sunken p-3 font-mono text-xs">{JSON.stringify(entry.data, null, 2)}</pre>
      <p className="flex flex-wrap gap-2">
        <Button size="small" look="quiet" onClick={() => setSubject(subject.id)}>
          <ListFilter size={14} aria-hidden />{t("follow_subject", { type: subjectInWords(subject.type) })}
        </Button>
        {actor.id && (
          <Button size="small" look="quiet" onClick={() => setActor(actor.id ?? "")}>
            <ListFilter size={14} aria-hidden />{t("follow_actor", { label: actor.label })}
          </Button>
        )}
      </p>
    </div>
  );
}
