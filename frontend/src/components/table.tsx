import type { ComponentProps, ReactNode } from "react";
import { cx } from "@/lib/cx";

type Props = { label: string; head: ReactNode[]; children: ReactNode; className?: string };

/** Rows that people scan: hairlines, a sticky header, figures in columns. Wide ones scroll inside their own box. */
export function Table({ label, head, children, className }: Props) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls must be reachable by keyboard
    <div className={cx("min-w-0 overflow-x-auto rounded-md border border-line bg-raised", className)} tabIndex={0} role="region" aria-label={label}>
      <table className="w-full border-collapse text-left">
        <thead className="sticky top-0 z-10 bg-raised">
          <tr>
            {head.map((cell, column) => (
              <th key={column} scope="col" className="h-9 border-b border-line px-4 text-xs font-medium whitespace-nowrap text-ink-soft">{cell}</th>
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
