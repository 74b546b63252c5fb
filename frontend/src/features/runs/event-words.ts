import type { Event } from "@/api/schema";
import type { TFunction } from "@/lib/i18n";
import { count, money } from "@/lib/numbers";
import { duration } from "@/lib/time";

/** What an event's data says, on one line. */
export function told(event: Event, t: TFunction<"runs">): string {
  const { data } = event;
  const parts: string[] = [];
  const add = (key: string, words: (value: never) => string = String) => {
    if (data[key] !== undefined && data[key] !== null && data[key] !== "") parts.push(words(data[key] as never));
  };
  add("text", (text: string) => text.replaceAll("\n", " "));
  add("reason");
  add("tool");
  add("outcome");
  add("status", (status: string) => status.replaceAll("_", " "));
  add("revision", (revision: number) => t("step.revision", { number: revision }));
  add("duration_ms", duration);
  add("model");
  add("tokens_out", (tokens: number) => t("events.tokens", { count: tokens, tokens: count(tokens) }));
  add("cost", (cost: number) => (cost ? money(cost) : ""));
  add("code");
  add("detail");
  return parts.filter(Boolean).join(" · ");
}
