import { useId, useState } from "react";
import { Button } from "@/components/button";
import { useTranslation } from "@/lib/i18n";
import { count } from "@/lib/numbers";
import { CodeBox } from "./code-box";

const SHOWN = 6;
const LONGEST = 480;

/** A text that may be long: its beginning, how much is not shown, and all of it at one click. `folded`: nothing of it yet. */
export function LongText({ text, label, folded }: { text: string; label: string; folded?: boolean }) {
  const { t } = useTranslation("review");
  const [open, setOpen] = useState(false);
  const id = useId();
  const start = text.split("\n").slice(0, SHOWN).join("\n").slice(0, LONGEST);
  const all = [...text].length;
  const rest = all - [...start].length;
  return (
    <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-1.5">
      {(open || !folded) && <CodeBox id={id} label={label} text={open || rest === 0 ? text : start} />}
      {(rest > 0 || folded) && (
        <Button size="small" look="quiet" className="h-auto min-h-8 max-w-full justify-self-start px-0 text-left whitespace-normal underline" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
          {open ? t("leaving.less") : folded ? t("leaving.show_all", { count: all, all: count(all) })
            : t("leaving.show_rest", { rest: count(rest), all: count(all) })}
        </Button>
      )}
    </div>
  );
}
