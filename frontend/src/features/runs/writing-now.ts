import type { RunStory } from "@/api/run-events";

/** The text of the try that has begun and not ended, once there is some. */
export function writingNow(story: RunStory): { node: string; execution: string; text: string } | undefined {
  const started = story.events.findLast((event) => event.kind === "step.started");
  const execution = started?.data.execution as string | undefined;
  if (!started || !execution) return undefined;
  const over = story.events.some((event) => (
    event.seq > started.seq && ["step.completed", "step.failed", "run.resumed"].includes(event.kind)));
  const text = story.texts[execution];
  return over || !text ? undefined : { node: started.node, execution, text: text.text };
}
