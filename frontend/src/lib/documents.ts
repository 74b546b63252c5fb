type Document = { name: string; text: string };

/** Every list of `{name, text}` in a run's input, whatever the workflow calls it: lines by the document's name. */
export function documentsIn(input: unknown): Map<string, string[]> {
  const lists = Object.values((input ?? {}) as Record<string, unknown>).filter(Array.isArray);
  const documents = lists.flat().filter((each): each is Document =>
    typeof each === "object" && each !== null && typeof each.name === "string" && typeof each.text === "string");
  return new Map(documents.map(({ name, text }) => [name, text.split(/\r\n|\r|\n/)]));
}

export type Passage = { name: string; line: number; last: number };

/** `source:<percent-encoded name>#L12`, or `#L12-L14`. */
export function passageOf(href: string): Passage | undefined {
  const found = /^source:([^#]*)#L(\d+)(?:-L?(\d+))?$/.exec(href);
  if (!found) return undefined;
  const line = Number(found[2]);
  try {
    return { name: decodeURIComponent(found[1]!), line, last: Math.max(line, Number(found[3] ?? line)) };
  } catch {
    return undefined;
  }
}
