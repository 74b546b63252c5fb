import type { Element, ElementContent, Nodes, Root, Text } from "hast";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import remarkRehype from "remark-rehype";
import { unified } from "unified";

/** One thing that is read at once: a paragraph, a heading, an item of a list, a row of a table. `within` wraps it. */
export type Block = { node: Element; within: string; key: string };

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
  return node.children.flatMap((item) => (item.type === "element" ? [block(item, node.tagName)] : []));
}

function block(node: Element, within: string): Block {
  return { node, within, key: `${within}/${node.tagName}|${words(node).join("")}` };
}

/** The text in the order it is read; a link's target is a word of its own, for it can change alone. */
export function words(node: Nodes): string[] {
  if (node.type === "text") return node.value.match(WORD) ?? [];
  if (!("children" in node)) return [];
  const inside = node.children.flatMap((child) => words(child as ElementContent));
  const target = node.type === "element" && node.tagName === "a" ? String(node.properties.href ?? "") : "";
  return target ? [...inside, TARGET + target] : inside;
}

export const TARGET = "\u0000";
const WORD = /\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu;
