import { useState } from "react";
import type { RunStory } from "@/api/run-events";
import type { Draft, RunDetail } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Select } from "@/components/field";
import { Prose } from "@/components/markdown";
import { Panel } from "@/components/page";
import { Time } from "@/components/time";
import { useTranslation } from "@/lib/i18n";
import { useUrlState } from "@/lib/url-state";
import { type DrawnNode, nameOf } from "./graph";
import { LiveText } from "./live-text";
import { ENDED } from "./states";
import { justWritten, writingNow } from "./writing-now";

type Props = { run: RunDetail; story: RunStory; rows: DrawnNode[] };

/** What was written, by revision. The first that is shown stays: what is written or arrives meanwhile says so. */
export function Drafts({ run, story, rows }: Props) {
  const { t } = useTranslation("runs");
  const [asked, setAsked] = useUrlState("draft");
  const [held, setHeld] = useState<number>();
  const [raw, setRaw] = useState(false);
  const live = run.status === "running" ? writingNow(story) : undefined;
  const drafts = run.drafts;
  const written = live ?? (ENDED.includes(run.status) ? undefined : justWritten(story, drafts));
  const newest = drafts.length - 1;
  const chosen = drafts[Number.parseInt(asked, 10)] ? Number.parseInt(asked, 10) : held;
  if (chosen === undefined && !written && newest >= 0) setHeld(newest);
  const place = chosen ?? newest;
  const shown = drafts[place];
  const choose = (next: number | undefined) => {
    setHeld(next);
    setAsked(next === undefined || next === newest ? "" : String(next));
  };
  const name = (node: string) => nameOf(rows.find((row) => row.node.id === node)?.node, node);

  if (written && chosen === undefined) {
    return (
      <Panel title={t("draft.title")} actions={<span className="text-sm text-accent">{name(written.node)} · {t("draft.writing")}</span>}>
        <LiveText key={written.execution} text={written.text} />
      </Panel>
    );
  }
  if (!shown) return <Panel title={t("draft.title")}><p className="text-ink-faint">{t("draft.none")}</p></Panel>;
  return (
    <Panel title={t("draft.title")} actions={<Choice drafts={drafts} place={place} name={name} onChoose={choose} />}>
      {(live || place < newest) && (
        <Banner live action={<Button size="small" onClick={() => choose(live ? undefined : newest)}>{t("draft.show")}</Button>}>
          {live ? `${name(live.node)} · ${t("draft.writing")}` : t("draft.newer", { number: drafts[newest]?.revision })}
        </Banner>
      )}
      <div className="flex flex-wrap items-center justify-between gap-2 text-sm text-ink-faint">
        <p>{t("draft.by", { node: name(shown.node) })} · <Time at={shown.at} /> · {t("draft.words", { count: words(shown.text) })}</p>
        <Button size="small" look="quiet" aria-pressed={raw} onClick={() => setRaw(!raw)}>{t(raw ? "draft.prose" : "draft.raw")}</Button>
      </div>
      {raw ? <pre className="overflow-x-auto font-mono text-xs leading-5 whitespace-pre-wrap">{shown.text}</pre> : <Prose text={shown.text} />}
    </Panel>
  );
}

function Choice({ drafts, place, name, onChoose }: {
  drafts: Draft[]; place: number; name: (node: string) => string; onChoose: (place: number) => void;
}) {
  const { t } = useTranslation("runs");
  const several = new Set(drafts.map((draft) => draft.node)).size > 1;
  if (drafts.length === 1) return <span className="text-sm text-ink-soft">{t("revision", { number: drafts[0]?.revision })}</span>;
  return (
    <Select aria-label={t("draft.choose")} className="h-8 w-auto" value={place} onChange={(event) => onChoose(Number(event.target.value))}>
      {drafts.map((draft, index) => (
        <option key={index} value={index}>{several && `${name(draft.node)} · `}{t("revision", { number: draft.revision })}</option>
      ))}
    </Select>
  );
}

function words(text: string): number {
  return text.split(/\s+/u).filter(Boolean).length;
}
