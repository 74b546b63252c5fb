import type { ComponentProps } from "react";
import Markdown, { defaultUrlTransform } from "react-markdown";
import gfm from "remark-gfm";
import { cx } from "@/lib/cx";
import { useTranslation } from "@/lib/i18n";
import "./prose.css";
import { SourceLink } from "./source-link";

/** A text that is read: in the serif, at most 72 characters a line. HTML inside it stays text; images are not fetched. */
export function Prose({ text, className }: { text: string; className?: string }) {
  return (
    <div className={cx("prose", className)}>
      <Markdown remarkPlugins={[gfm]} urlTransform={keptUrl} components={{ a: SourceLink, img: Picture }}>{text}</Markdown>
    </div>
  );
}

/** Sources are no addresses that a browser would open; `SourceLink` knows what to do with them. */
function keptUrl(url: string): string {
  return url.startsWith("source:") ? url : defaultUrlTransform(url);
}

/** An image in words: nothing is fetched from outside. */
export function Picture({ alt, src }: ComponentProps<"img">) {
  const { t } = useTranslation();
  return <span className="text-ink-faint">{`[${alt || t("image")}: ${String(src)}]`}</span>;
}
