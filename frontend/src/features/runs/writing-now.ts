import type { RunStory } from "@/api/run-events";
import type { Draft } from "@/api/schema";

type Written = { node: string; execution: string; text: string };

/** The text of the try that has begun and not ended, once there is some. */
export function writingNow(story: RunStory): Written | undefined {
  const started = story.events.findLast((event) => event.kind === "step.started");
  const execution = started?.data.execution as string | undefined;
  if (!started || !execution) return undefined;
  const over = story.events.some((event) => (
    event.seq > started.seq && ["step.completed", "step.failed", "run.resumed"].includes(event.kind)));
  const text = story.texts[execution];
  return over || !text ? undefined : { node: started.node, execution, text: text.text };
}

/** A worker's text that is whole, or broke off, and that has not come as a draft yet. */
export function justWritten(story: RunStory, drafts: Draft[]): Written | undefined {
  const started = story.events.findLast((event) => event.kind === "step.started" && event.data.type === "worker");
  const execution = String(started?.data.execution);
  const text = story.texts[execution]?.text;
  const arrived = drafts.some((draft) => draft.node === started?.node && draft.text === text);
  return !started || !text || arrived ? undefined : { node: started.node, execution, text };
}
