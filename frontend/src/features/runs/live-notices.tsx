import { useEffect, useState } from "react";
import type { RunStory } from "@/api/run-events";
import type { Event, RunDetail } from "@/api/schema";
import { Banner } from "@/components/banner";
import { type TFunction, useTranslation } from "@/lib/i18n";
import { ENDED } from "./states";

/** Says that the connection is lost and that it is back; tells those who don't see the page each step, not each word. */
export function LiveNotices({ run, story }: { run: RunDetail; story: RunStory }) {
  const { t } = useTranslation("runs");
  const { t: common } = useTranslation();
  const last = story.events.at(-1);
  const ended = ENDED.includes(run.status);
  const spoken = ended ? t("live.run_ended", { status: common(`state.${run.status}`) }) : last ? sentence(last, t) : "";
  return (
    <>
      <p className="sr-only" aria-live="polite">{spoken}</p>
      {!ended && story.state === "lost" && <Banner tone="warn" live>{t("live.lost")}</Banner>}
      {!ended && <Back state={story.state} />}
    </>
  );
}

function sentence(event: Event, t: TFunction<"runs">): string {
  const node = event.node.replaceAll("_", " ");
  switch (event.kind) {
    case "step.started": return t("live.step_started", { node });
    case "step.completed": return t("live.step_completed", { node });
    case "step.failed": return t("live.step_failed", { node });
    case "gate.opened": return t("live.run_waiting");
    case "run.needs_attention": return t("live.run_attention");
    default: return "";
  }
}

/** Shown for a moment after a loss. */
function Back({ state }: { state: RunStory["state"] }) {
  const { t } = useTranslation("runs");
  const [lost, setLost] = useState(false);
  const [back, setBack] = useState(false);
  if (state === "lost" && !lost) setLost(true);
  if (state === "live" && lost) { setLost(false); setBack(true); }
  useEffect(() => {
    if (!back) return;
    const timer = setTimeout(() => setBack(false), 4000);
    return () => clearTimeout(timer);
  }, [back]);
  return back && state === "live" ? <Banner tone="ok" live>{t("live.back")}</Banner> : null;
}
