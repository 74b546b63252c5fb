import { X } from "lucide-react";
import { Toast as Radix } from "radix-ui";
import { type ReactNode, useSyncExternalStore } from "react";
import { useTranslation } from "@/lib/i18n";
import { Button, IconButton } from "./button";

type Said = { id: number; text: ReactNode; action?: { label: string; run: () => void } };

let said: Said[] = [];
let last = 0;
const listeners = new Set<() => void>();

function set(next: Said[]) {
  said = next;
  listeners.forEach((tell) => tell());
}

/** Say in a corner what was done, with a way to undo it where there is one. Errors belong on the page instead. */
export function say(text: ReactNode, action?: Said["action"]): void {
  set([...said.slice(-2), { id: ++last, text, action }]);
}

export function Toasts() {
  const { t } = useTranslation();
  const now = useSyncExternalStore((tell) => { listeners.add(tell); return () => listeners.delete(tell); }, () => said);
  return (
    <Radix.Provider duration={6000} label={t("notices")}>
      {now.map((each) => (
        <Radix.Root key={each.id} onOpenChange={(open) => { if (!open) set(said.filter((one) => one.id !== each.id)); }}
          className="appear flex items-center gap-3 rounded-md border border-line bg-raised py-2 pr-2 pl-4 shadow-float">
          <Radix.Description className="min-w-0 flex-1">{each.text}</Radix.Description>
          {each.action && (
            <Radix.Action asChild altText={each.action.label}>
              <Button size="small" onClick={each.action.run}>{each.action.label}</Button>
            </Radix.Action>
          )}
          <Radix.Close asChild><IconButton label={t("close")}><X size={14} aria-hidden /></IconButton></Radix.Close>
        </Radix.Root>
      ))}
      <Radix.Viewport className="fixed right-4 bottom-20 z-60 grid w-[min(24rem,calc(100vw-2rem))] gap-2 md:bottom-4" />
    </Radix.Provider>
  );
}
