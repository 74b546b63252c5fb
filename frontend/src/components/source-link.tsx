import { TriangleAlert } from "lucide-react";
import { Popover } from "radix-ui";
import { type ComponentProps, createContext, type KeyboardEvent, useContext } from "react";
import { cx } from "@/lib/cx";
import { type Passage, passageOf } from "@/lib/documents";
import { useTranslation } from "@/lib/i18n";

/** What the run was given to read, by name. `null`: it could not be asked for. `undefined`: it is on its way. */
export type Documents = Map<string, string[]> | null | undefined;

export const DocumentsContext = createContext<Documents>(undefined);

const AROUND = 3;

/** A claim's source opens beside it. Other links say where they lead; what is neither stays words. */
export function SourceLink({ href = "", children }: ComponentProps<"a">) {
  const passage = passageOf(href);
  if (passage) return <Source passage={passage}>{children}</Source>;
  if (href.startsWith("source:")) return <Flagged href={href}>{children}</Flagged>;
  if (!/^(https?:|mailto:)/i.test(href)) return <span title={href}>{children}</span>;
  return <a href={href} title={href} rel="noreferrer noopener" target="_blank">{children}</a>;
}

function Flagged({ href, children }: ComponentProps<"a">) {
  const { t } = useTranslation();
  return (
    <span title={href} className="bg-warn-wash text-warn">
      <TriangleAlert size={13} aria-hidden className="mr-0.5 inline" />{children} {t("source.unreadable")}
    </span>
  );
}

function Source({ passage, children }: { passage: Passage; children: ComponentProps<"a">["children"] }) {
  const { t } = useTranslation();
  const documents = useContext(DocumentsContext);
  const lines = documents?.get(passage.name);
  const missing = documents && (!lines || passage.last > lines.length || passage.line < 1);
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        {/* Not a button element: that would not break across lines as the words around it do. */}
        <span role="button" tabIndex={0} onKeyDown={pressed}
          className={cx("cursor-pointer underline decoration-1 underline-offset-3 data-[state=open]:bg-accent-wash",
            missing ? "bg-warn-wash text-warn" : "text-accent")}>
          {missing && <TriangleAlert size={13} aria-hidden className="mr-0.5 inline" />}
          {children}
        </span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content side="bottom" align="start" sideOffset={6} collisionPadding={12} aria-label={t("source.title", passage)}
          className="appear z-40 max-h-[60dvh] w-[min(32rem,calc(100vw-24px))] overflow-y-auto rounded-md border border-line bg-raised p-4 shadow-float">
          <p className="mb-2 font-semibold wrap-anywhere">{passage.name}</p>
          {documents === undefined ? <p className="text-ink-soft">{t("loading")}</p>
            : documents === null ? <p className="text-ink-soft">{t("source.not_yours")}</p>
            : missing ? <p className="text-warn">{t(lines ? "source.no_line" : "source.no_document", { ...passage, count: lines?.length })}</p>
            : <Lines lines={lines!} passage={passage} />}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function pressed(event: KeyboardEvent<HTMLElement>) {
  if (event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault();
  event.currentTarget.click();
}

function Lines({ lines, passage }: { lines: string[]; passage: Passage }) {
  const { t } = useTranslation();
  const first = Math.max(1, passage.line - AROUND);
  const last = Math.min(lines.length, passage.last + AROUND);
  return (
    <>
      <ol className="grid text-base">
        {lines.slice(first - 1, last).map((line, index) => {
          const number = first + index;
          const meant = number >= passage.line && number <= passage.last;
          return (
            <li key={number} aria-current={meant || undefined}
              className={cx("grid grid-cols-[2.5rem_minmax(0,1fr)] px-1 font-serif", meant ? "bg-accent-wash text-ink" : "text-ink-soft")}>
              <span className="font-mono text-xs leading-5 text-ink-faint">{number}</span>
              <span className="whitespace-pre-wrap wrap-anywhere">{line || "\u00a0"}</span>
            </li>
          );
        })}
      </ol>
      <p className="mt-2 text-xs text-ink-faint">{t("source.lines", { first, last, count: lines.length })}</p>
    </>
  );
}
