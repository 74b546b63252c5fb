import type { ReactNode } from "react";
import { cx } from "@/lib/cx";
import { useTranslation } from "@/lib/i18n";
import { Button } from "./button";

/** A list of things with something to do on each: one line where there is room, folded on a phone. */
export function Rows({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ul aria-label={label} className="min-w-0 divide-y divide-line rounded-md border border-line bg-raised">{children}</ul>
  );
}

type Props = { title: ReactNode; about?: ReactNode; actions?: ReactNode; children?: ReactNode; className?: string };

export function RowItem({ title, about, actions, children, className }: Props) {
  return (
    <li className={cx("grid min-w-0 gap-3 px-4 py-3", className)}>
      <div className="flex min-w-0 flex-wrap items-center gap-x-4 gap-y-2">
        <div className="grid min-w-0 flex-1 basis-56 gap-0.5">
          <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1 font-medium wrap-anywhere">{title}</div>
          {about && <div className="text-sm text-ink-soft wrap-anywhere">{about}</div>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </div>
      {children}
    </li>
  );
}

type Query = { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };

/** The next page of a list, when there is one. */
export function More({ query }: { query: Query }) {
  const { t } = useTranslation();
  if (!query.hasNextPage) return null;
  return (
    <Button className="justify-self-center" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
      {t("more")}
    </Button>
  );
}
