import type { Element, ElementContent, Nodes, Root, Text } from "hast";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import remarkRehype from "remark-rehype";
import { unified } from "unified";

/** One thing that is read at once: a paragraph, a heading, an item of a list, a row of a table. `within` wraps it. */
export type Block = { node: Element; within: string; key: string; form: string };

const processor = unified().use(remarkParse).use(remarkGfm).use(remarkRehype, {
  // HTML in a draft stays text: nothing a reader does not see, and nothing that acts.
  handlers: { html: (_state, node) => ({ type: "text", value: node.value }) satisfies Text },
});

export function blocksOf(markdown: string): Block[] {
  const tree = processor.runSync(processor.parse(markdown)) as Root;
  return tree.children.flatMap((node) => (node.type === "element" ? split(node) : node.type === "text" && node.value.trim()
    ? [block({ type: "element", tagName: "p", properties: {}, children: [node] }, "")] : []));
}

function split(node: Element): Block[] {
  if (node.tagName !== "ul" && node.tagName !== "ol") return [block(node, "")];
  return node.children.filter((item) => item.type === "element")
    .map((item, index) => block(index === 0 ? numbered(item, node.properties.start) : item, node.tagName));
}

/** A list that does not begin at one says so on its first item, for its items stand alone here. */
function numbered(item: Element, start: unknown): Element {
  return typeof start === "number" ? { ...item, properties: { ...item.properties, value: String(start) } } : item;
}

function block(node: Element, within: string): Block {
  return { node, within, key: `${within}/${node.tagName}|${words(node).join("")}`, form: JSON.stringify(formOf(node)) };
}

/** The text in the order it is read, and between its words those that markup stands for. */
export function words(node: Nodes): string[] {
  if (node.type === "text") return node.value.match(WORD) ?? [];
  if (!("children" in node)) return [];
  const inside = node.children.flatMap((child) => words(child as ElementContent));
  return node.type === "element" ? [...wordsBefore(node), ...inside, ...wordsAfter(node)] : inside;
}

const EMPHASIS: Record<string, string> = { strong: "**", em: "*", del: "~~", code: "`" };

/** Emphasis begins as it is written: it can change alone. */
export function wordsBefore({ tagName }: Element): string[] {
  return EMPHASIS[tagName] ? [MARKUP + EMPHASIS[tagName]] : [];
}

/** So can where a link leads, which image is shown, and whether a box is ticked. */
export function wordsAfter({ tagName, properties }: Element): string[] {
  if (EMPHASIS[tagName]) return [MARKUP + EMPHASIS[tagName]];
  if (tagName === "a" && properties.href) return [`${MARKUP} → ${String(properties.href)} `];
  if (tagName === "img") return [`${MARKUP} → ${String(properties.alt ?? "")}: ${String(properties.src ?? "")} `];
  if (tagName === "input") return [`${MARKUP}${properties.checked ? "☑" : "☐"} `];
  return [];
}

/** What words do not say: nesting, numbering, alignment, a code's language. */
function formOf(node: Element): unknown[] {
  const inner = node.children.flatMap((child) => (child.type === "element" ? [formOf(child)] : []));
  const worded = wordsAfter(node).length > 0;
  return worded ? inner : [node.tagName, node.properties, ...inner];
}

/** What a word of markup begins with; the rest of it is what is shown of it. */
export const MARKUP = "\u0000";
const WORD = /\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu;
