import { diffArrays } from "diff";
import type { Element, ElementContent } from "hast";
import { type Block, blocksOf, MARKUP, words, wordsAfter, wordsBefore } from "./blocks";

export type Marked = { block: Block; change: "same" | "added" | "removed" | "changed" };
export type Comparison = { blocks: Marked[]; changes: number; /** Whether form changed that no word tells of. */ form: boolean };

type Part = { words: string[]; change: "same" | "added" | "removed" };

/** A long draft that was written anew is compared by paragraphs where comparing its words would take too long. */
const PATIENCE = { timeout: 400 };
const ALIKE = 0.35;

/** The newer text with what was taken out and put in, word by word; `changes` counts places, not words. */
export function compare(before: string, after: string): Comparison {
  const blocks: Marked[] = [];
  const [old, young] = [blocksOf(before), blocksOf(after)];
  const byKey = (a: Block, b: Block) => a.key === b.key;
  const parts = diffArrays(old, young, { comparator: byKey, ...PATIENCE })
    ?? [{ removed: true, value: old }, { added: true, value: young }];
  let removed: Block[] = [];
  for (const part of parts as { added?: boolean; removed?: boolean; value: Block[] }[]) {
    if (part.removed) { removed.push(...part.value); continue; }
    if (part.added) { blocks.push(...paired(removed, part.value)); removed = []; continue; }
    blocks.push(...removed.map((block) => ({ block, change: "removed" }) as const));
    removed = [];
    blocks.push(...part.value.map((block) => ({ block, change: "same" }) as const));
  }
  blocks.push(...removed.map((block) => ({ block, change: "removed" }) as const));
  return { blocks, changes: blocks.reduce((sum, each) => sum + placesIn(each), 0), form: formDiffers(old, young) };
}

/** Of blocks that say the same, each is held against its like. */
function formDiffers(old: Block[], young: Block[]): boolean {
  const forms = new Map<string, string[]>();
  for (const { key, form } of old) forms.set(key, [...(forms.get(key) ?? []), form]);
  return young.some(({ key, form }) => {
    const like = forms.get(key)?.shift();
    return like !== undefined && like !== form;
  });
}

function placesIn({ block, change }: Marked): number {
  if (change === "same") return 0;
  if (change !== "changed") return 1;
  return Number(block.node.properties.dataPlaces ?? 1);
}

/** Each new block beside the old one it came from, in order; what has no like stands alone. */
function paired(removed: Block[], added: Block[]): Marked[] {
  const out: Marked[] = [];
  let next = 0;
  for (const block of added) {
    const like = removed.findIndex((old, index) => index >= next && alike(old, block) >= ALIKE);
    if (like < 0) { out.push({ block, change: "added" }); continue; }
    out.push(...removed.slice(next, like).map((old) => ({ block: old, change: "removed" }) as const));
    out.push(merged(removed[like]!, block));
    next = like + 1;
  }
  return [...out, ...removed.slice(next).map((old) => ({ block: old, change: "removed" }) as const)];
}

function alike(a: Block, b: Block): number {
  if (a.node.tagName !== b.node.tagName) return 0;
  const real = (block: Block) => words(block.node).filter((word) => word.trim().length > 1 && !word.startsWith(MARKUP));
  const [old, young] = [real(a), real(b)];
  const has = new Set(old);
  const shared = young.filter((word) => has.has(word)).length;
  return (2 * shared) / Math.max(1, old.length + young.length);
}

function merged(old: Block, young: Block): Marked {
  const parts = smoothed(diffArrays(words(old.node), words(young.node)).map((part) => ({
    words: part.value, change: part.added ? "added" : part.removed ? "removed" : "same",
  })));
  const places = parts.filter((part, index) => part.change !== "same" && (index === 0 || parts[index - 1]!.change === "same")).length;
  const node = marked(young.node, parts);
  return { block: { ...young, node: { ...node, properties: { ...node.properties, dataPlaces: places } } }, change: "changed" };
}

/** Two changes with nothing but a space between them are read as one. */
function smoothed(parts: Part[]): Part[] {
  const out: Part[] = [];
  let [gone, come]: [string[], string[]] = [[], []];
  const close = () => {
    if (gone.length) out.push({ words: gone, change: "removed" });
    if (come.length) out.push({ words: come, change: "added" });
    [gone, come] = [[], []];
  };
  parts.forEach((part, index) => {
    if (part.change === "removed") gone.push(...part.words);
    else if (part.change === "added") come.push(...part.words);
    else if (gone.length + come.length && parts[index + 1] && part.words.join("").trim() === "") {
      gone.push(...part.words);
      come.push(...part.words);
    } else { close(); out.push(part); }
  });
  close();
  return out;
}

/** The new block, its own formatting kept, with `ins` around what came and `del` where something went. */
function marked(node: Element, parts: Part[]): Element {
  const left = parts.map((part) => ({ ...part, words: [...part.words] }));
  const removals = (): ElementContent[] => {
    const out: ElementContent[] = [];
    while (left[0] && (left[0].change === "removed" || left[0].words.length === 0)) {
      const part = left.shift()!;
      if (part.words.length) out.push(mark("del", part.words));
    }
    return out;
  };
  /** Takes `count` words of the new text off the list, cut where a change begins or ends. */
  const take = (count: number): ElementContent[] => {
    const out: ElementContent[] = [];
    for (let open = count; open > 0;) {
      out.push(...removals());
      const part = left[0];
      if (!part) break;
      const taken = part.words.splice(0, open);
      open -= taken.length;
      out.push(part.change === "added" ? mark("ins", taken) : { type: "text", value: visible(taken) });
    }
    return out;
  };
  const walk = (element: Element): Element => {
    const children = element.children.flatMap((child): ElementContent[] => {
      if (child.type === "text") return take(words(child).length);
      return child.type === "element" ? withMarkup(child) : [child];
    });
    return { ...element, children };
  };
  /** Words of markup are shown only where they came or went. */
  const changed = (markup: string[]) => take(markup.length).filter((each) => each.type === "element");
  const withMarkup = (element: Element): ElementContent[] => {
    const before = changed(wordsBefore(element));
    const inside = walk(element);
    return [...before, inside, ...changed(wordsAfter(element))];
  };
  const whole = walk(node);
  return { ...whole, children: [...whole.children, ...removals()] };
}

function mark(tagName: "ins" | "del", from: string[]): Element {
  return { type: "element", tagName, properties: {}, children: [{ type: "text", value: visible(from) }] };
}

function visible(from: string[]): string {
  return from.map((word) => (word.startsWith(MARKUP) ? word.slice(MARKUP.length) : word)).join("");
}
