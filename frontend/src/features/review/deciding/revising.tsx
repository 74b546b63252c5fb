import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import type { RunStory } from "@/api/run-events";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Prose } from "@/components/markdown";
import { useTranslation } from "@/lib/i18n";
import type { OutcomeProps } from "./outcome";

/** The next revision as it is being written; it takes no place above what is being read. */
export function Revising({ slug, request, run, story, words }: OutcomeProps) {
  const { t } = useTranslation("review");
  const [open, setOpen] = useState(true);
  const { node, text } = newText(story, request.id);
  const ended = run && ["needs_attention", "failed", "cancelled"].includes(run.status);
  if (ended) {
    return (
      <Banner tone="bad" title={t(`outcome.run_${run.status}`)} action={
        <Button asChild><Link to="/t/$slug/runs/$id" params={{ slug, id: run.id } as never}>{t("outcome.to_run")}</Link></Button>
      }>{run.attention ? `${run.attention.detail} ${run.attention.what_to_do}` : run.error?.detail}</Banner>
    );
  }
  return (
    <div className="grid gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <span role="status" className="min-w-0 flex-1 font-medium">
          {node ? t("revising.step", { step: words[node] ?? node }) : t("revising.waits", { n: request.revision + 1 })}
        </span>
        {story.state === "lost" && <span role="status" className="text-sm text-warn">{t("revising.lost")}</span>}
        {text && <Button size="small" className="h-8" aria-expanded={open} onClick={() => setOpen(!open)}>{t(open ? "revising.hide" : "revising.show")}</Button>}
      </div>
      {text && open && <Growing text={text} />}
    </div>
  );
}

/** Follows its own end while it grows, unless somebody scrolled up to read. */
function Growing({ text }: { text: string }) {
  const { t } = useTranslation("review");
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useEffect(() => { if (follows.current && box.current) box.current.scrollTop = box.current.scrollHeight; }, [text]);
  return (
    <div ref={box} role="region" aria-label={t("revising.text")}
      tabIndex={0} // eslint-disable-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls must be reachable by keyboard
      onScroll={({ currentTarget: at }) => { follows.current = at.scrollHeight - at.scrollTop - at.clientHeight < 24; }}
      className="max-h-[35dvh] overflow-y-auto rounded-md bg-sunken px-4 py-3">
      <Prose text={text} />
    </div>
  );
}

/** The step that runs since this request was settled, and the newest text written since. */
function newText(story: RunStory, request: string): { node?: string; text?: string } {
  const from = story.events.findIndex((event) => event.kind === "gate.settled" && event.data.request === request);
  if (from < 0) return {};
  const steps = story.events.slice(from).filter((event) => event.kind === "step.started");
  const written = steps.map((event) => story.texts[String(event.data.execution)]).filter((text) => text !== undefined);
  const thinking = steps.filter((event) => event.data.type !== "approval");
  return { node: thinking.at(-1)?.node, text: written.at(-1)?.text };
}
