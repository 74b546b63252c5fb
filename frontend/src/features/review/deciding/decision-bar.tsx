import { type RefObject, useLayoutEffect, useRef, useState } from "react";
import { asProblem } from "@/api/problem";
import type { RequestDetail, Verdict } from "@/api/schema";
import { Button } from "@/components/button";
import { useTranslation } from "@/lib/i18n";
import { useKeys } from "@/lib/keys";
import { useApproveWords } from "./button-words";
import { Composer } from "./composer";
import { useKeptWords } from "./kept-words";
import { Outcome, type OutcomeProps } from "./outcome";
import { Refusal } from "./refusal";
import { useDecide } from "./use-decide";

type Props = OutcomeProps & { me: string };

/** Where one decides, and where one then sees what came of it; nothing above it moves meanwhile. */
export function DecisionBar(props: Props) {
  const { slug, request, me } = props;
  const { t } = useTranslation("review");
  const [saying, setSaying] = useState<Verdict>();
  const [words, setWords] = useKeptWords(request);
  const decide = useDecide(slug, request, () => { setSaying(undefined); setWords(""); });
  const refused = decide.error && asProblem(decide.error);
  const open = request.status === "open";
  const may = open && request.mine.may;
  const bar = useRef<HTMLElement>(null);
  useCovering(bar);
  useKeys([
    { key: "a", label: t("keys.approve"), run: () => setSaying("approve"), disabled: !may },
    { key: "c", label: t("keys.request_changes"), run: () => setSaying("request_changes"), disabled: !may },
    { key: "r", label: t("keys.reject"), run: () => setSaying("reject"), disabled: !may },
  ]);
  return (
    <section ref={bar} aria-label={t("bar.title")}
      className="sticky bottom-[calc(60px+env(safe-area-inset-bottom))] z-20 grid gap-3 rounded-md border border-line bg-raised px-4 py-3 shadow-float md:bottom-3 **:scroll-mb-[calc(-1*var(--covered,0px))]">
      {refused && <Refusal slug={slug} request={request} problem={refused} newest={props.revisions[0]} />}
      {open && !(saying && may) && <Choice request={request} me={me} choose={setSaying} words={words} />}
      {open && saying && may && (
        <Composer request={request} me={me} verdict={saying} words={words} setWords={setWords} error={refused}
          busy={decide.isPending} send={() => decide.say(saying, words)} cancel={() => { setSaying(undefined); decide.reset(); }} />
      )}
      {!open && <Outcome {...props} />}
      {!open && words && <Kept words={words} discard={() => setWords("")} />}
    </section>
  );
}

/** Tells the page how much of it the bar covers, so that what gets the focus is scrolled clear of it. */
function useCovering(bar: RefObject<HTMLElement | null>) {
  useLayoutEffect(() => {
    const element = bar.current;
    if (!element) return;
    const { style } = document.documentElement;
    const watch = new ResizeObserver(() => (
      style.setProperty("--covered", `${element.offsetHeight + parseFloat(getComputedStyle(element).bottom) + 12}px`)));
    watch.observe(element);
    return () => { watch.disconnect(); style.removeProperty("--covered"); };
  }, [bar]);
}

type ChoiceProps = { request: RequestDetail; me: string; choose: (verdict: Verdict) => void; words: string };

function Choice({ request, me, choose, words }: ChoiceProps) {
  const { t } = useTranslation("review");
  const approve = useApproveWords(request, me);
  const { may, reason } = request.mine;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button disabled={!may} onClick={() => choose("reject")} className="h-10">{t("bar.reject")}</Button>
      <Button disabled={!may} onClick={() => choose("request_changes")} className="h-10">{t("bar.request_changes")}</Button>
      {words && may && <span className="text-sm text-ink-soft">{t("bar.words_kept")}</span>}
      <span className="ml-auto flex min-w-0 flex-wrap items-center justify-end gap-x-3 gap-y-2">
        {!may && reason && <span id="why-not" className="text-ink-soft wrap-anywhere">{reason}</span>}
        <Button look={approve.effect ? "seal" : "primary"} size="large" disabled={!may} onClick={() => choose("approve")}
          aria-describedby={may ? undefined : "why-not"} className="max-w-full whitespace-normal">
          {approve.words}
        </Button>
      </span>
    </div>
  );
}

function Kept({ words, discard }: { words: string; discard: () => void }) {
  const { t } = useTranslation("review");
  return (
    <div className="grid gap-1 border-t border-line pt-2 text-sm">
      <div className="flex items-center justify-between gap-2">
        <span className="font-medium">{t("bar.your_words")}</span>
        <Button size="small" look="quiet" className="h-8" onClick={discard}>{t("bar.discard")}</Button>
      </div>
      <p className="max-h-32 overflow-y-auto whitespace-pre-wrap wrap-anywhere text-ink-soft">{words}</p>
    </div>
  );
}
