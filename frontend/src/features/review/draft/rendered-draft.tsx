import type { Element, ElementContent, Properties, Root } from "hast";
import { toJsxRuntime } from "hast-util-to-jsx-runtime";
import { type ComponentProps, memo } from "react";
import { Fragment, jsx, jsxs } from "react/jsx-runtime";
import { Picture } from "@/components/markdown";
import "@/components/prose.css";
import { SourceLink } from "@/components/source-link";
import { cx } from "@/lib/cx";
import { i18next } from "@/lib/i18n";
import type { Marked } from "./compare";
import "./draft.css";

/** The draft as prose. Images are not fetched, HTML stays text, and a link says where it leads. */
export const RenderedDraft = memo(function RenderedDraft({ blocks, comparing }: { blocks: Marked[]; comparing: boolean }) {
  const tree: Root = { type: "root", children: grouped(blocks) };
  return (
    <div className={cx("prose", comparing && "draft-compared")}>
      {toJsxRuntime(tree, { Fragment, jsx, jsxs, components: { a: SourceLink, img: Picture, input: Box } })}
    </div>
  );
});

function Box({ checked }: ComponentProps<"input">) {
  return <span>{checked ? "☑ " : "☐ "}</span>;
}

/** Items that follow one another stand in one list again. */
function grouped(blocks: Marked[]): Element[] {
  const out: Element[] = [];
  let list: Element | undefined;
  for (const { block, change } of blocks) {
    const node = withMark(block.node, change);
    if (!block.within) { list = undefined; out.push(node); continue; }
    if (list?.tagName !== block.within) {
      list = { type: "element", tagName: block.within, properties: {}, children: [] };
      out.push(list);
    }
    list.children.push(node);
  }
  return out;
}

/** What a reader sees as a sign in the margin, said in words to those who don't. */
function withMark(node: Element, change: Marked["change"]): Element {
  if (change === "same") return node;
  const properties: Properties = { ...node.properties, className: [`is-${change}`], dataChange: "" };
  const spoken: ElementContent = {
    type: "element", tagName: "span", properties: { className: ["sr-only"] },
    children: [{ type: "text", value: i18next.t(`review:draft.${change}_block`) }],
  };
  return { ...node, properties, children: [spoken, ...node.children] };
}
