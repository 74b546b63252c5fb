import { Tabs as Radix } from "radix-ui";
import { type ReactNode, useEffect, useRef } from "react";

export type Tab = { value: string; label: ReactNode; content: ReactNode };
type Props = { tabs: Tab[]; value: string; onChange: (value: string) => void; label: string };

/** Which tab is open belongs in the URL: hand in the search parameter and what sets it. */
export function Tabs({ tabs, value, onChange, label }: Props) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => { // on a phone the open one may lie outside
    const open = list.current?.querySelector<HTMLElement>("[data-state=active]");
    if (list.current && open) list.current.scrollLeft = open.offsetLeft + open.offsetWidth - list.current.clientWidth;
  }, [value]);
  return (
    <Radix.Root value={value} onValueChange={onChange} className="grid min-w-0 gap-6">
      <Radix.List ref={list} aria-label={label} className="relative flex gap-1 overflow-x-auto border-b border-line">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.value} value={tab.value}
            className="-mb-px h-9 border-b-2 border-transparent px-3 font-medium whitespace-nowrap text-ink-soft -outline-offset-2 transition-colors hover:text-ink data-[state=active]:border-ink data-[state=active]:text-ink"
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.value} value={tab.value} className="min-w-0">{tab.content}</Radix.Content>
      ))}
    </Radix.Root>
  );
}
