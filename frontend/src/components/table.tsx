import type { ComponentProps, ReactNode } from "react";
import { cx } from "@/lib/cx";

type Props = { label: string; head: ReactNode[]; children: ReactNode; className?: string };

/** Rows that people scan: hairlines, figures in columns, a header that stays. What is wide or long scrolls inside its own box. */
export function Table({ label, head, children, className }: Props) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls must be reachable by keyboard
    <div className={cx("max-h-[85dvh] min-w-0 overflow-auto rounded-md border border-line bg-raised", className)} tabIndex={0} role="region" aria-label={label}>
      <table className="w-full border-collapse text-left">
        <thead className="sticky top-0 z-10 bg-raised">
          <tr>
            {head.map((cell, column) => (
              <th key={column} scope="col" className="h-9 px-4 shadow-[inset_0_-1px_0_var(--line)] text-xs font-medium whitespace-nowrap text-ink-soft">{cell}</th>
            ))}
          </tr>
        </thead>
        <tbody className="[&>tr:not(:last-child)]:border-b [&>tr]:border-line">{children}</tbody>
      </table>
    </div>
  );
}

export function Row(props: ComponentProps<"tr">) {
  return <tr {...props} className={cx("hover:bg-sunken/60", props.className)} />;
}

export function Cell(props: ComponentProps<"td">) {
  return <td {...props} className={cx("h-11 px-4 py-2 align-middle", props.className)} />;
}
