import type { ReactNode } from "react";
import { cx } from "@/lib/cx";

/** Names and what they stand for, in two columns. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="grid min-w-0 grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-1.5">{children}</dl>;
}

/** `wide` stands across both columns. */
export function Fact({ name, wide, children }: { name: ReactNode; wide?: boolean; children: ReactNode }) {
  return (
    <>
      <dt className={cx("text-sm leading-5 text-ink-soft", wide && "sr-only")}>{name}</dt>
      <dd className={cx("min-w-0 wrap-anywhere", wide && "col-span-2")}>{children}</dd>
    </>
  );
}
