import Markdown from "react-markdown";
import gfm from "remark-gfm";
import { cx } from "@/lib/cx";
import "./prose.css";

/** A text that is read: in the serif, at most 72 characters a line. HTML inside it stays text; images are not fetched. */
export function Prose({ text, className }: { text: string; className?: string }) {
  return (
    <div className={cx("prose", className)}>
      <Markdown remarkPlugins={[gfm]} components={{
        img: ({ alt, src }) => <span className="text-ink-faint">{`[${alt || "image"}: ${String(src)}]`}</span>,
        a: ({ href, children }) => <a href={href} rel="noreferrer noopener" target="_blank">{children}</a>,
      }}>{text}</Markdown>
    </div>
  );
}
