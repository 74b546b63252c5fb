/** Texts that are being written, by `execution`: which node writes, and what there is of it. */
export type Texts = { [execution: string]: { node: string; text: string; length: number } };

/**
 * A chunk put where it belongs. Text comes twice, live and stored, and live chunks may be lost: what is there already
 * is passed over, and what would leave a gap waits for the stored chunk. Offsets count characters (code points).
 */
export function withChunk(texts: Texts, node: string, data: Record<string, unknown>): Texts {
  const chunk = data as { execution: string; offset: number; text: string };
  const have = texts[chunk.execution] ?? { node, text: "", length: 0 };
  if (chunk.offset > have.length) return texts;
  const added = [...chunk.text].slice(have.length - chunk.offset);
  if (added.length === 0) return texts;
  const text = { node, text: have.text + added.join(""), length: have.length + added.length };
  return { ...texts, [chunk.execution]: text };
}
