import { type ReactNode, useEffect } from "react";
import { cx } from "@/lib/cx";

type Props = {
  title: string;
  /** What stands before the heading's line: where this page belongs. */
  above?: ReactNode;
  heading?: ReactNode;
  beside?: ReactNode;
  actions?: ReactNode;
  /** For reading and forms; lists and reviews take the whole width. */
  narrow?: boolean;
  children: ReactNode;
};

/** One page's frame: it sets the document's title, and gives the one `h1`. */
export function Page({ title, above, heading, beside, actions, narrow, children }: Props) {
  useEffect(() => { document.title = `${title} · Countersign`; }, [title]);
  return (
    <div className={cx("mx-auto grid w-full min-w-0 gap-6 px-4 py-6 md:px-8", narrow ? "max-w-3xl" : "max-w-7xl")}>
      <header className="grid gap-1">
        {above && <div className="text-sm text-ink-soft">{above}</div>}
        <div className="flex min-h-9 flex-wrap items-center gap-x-4 gap-y-2">
          <h1 className="min-w-0 text-xl wrap-anywhere">{heading ?? title}</h1>
          {beside}
          {actions && <div className="ml-auto flex flex-wrap items-center gap-2">{actions}</div>}
        </div>
      </header>
      {children}
    </div>
  );
}

export function Panel({ title, actions, className, children }: {
  title?: ReactNode; actions?: ReactNode; className?: string; children: ReactNode;
}) {
  return (
    <section className={cx("min-w-0 rounded-md border border-line bg-raised", className)}>
      {title && (
        <header className="flex min-h-11 flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-1.5">
          <h2 className="text-base">{title}</h2>
          {actions}
        </header>
      )}
      <div className="grid min-w-0 gap-4 p-4">{children}</div>
    </section>
  );
}
