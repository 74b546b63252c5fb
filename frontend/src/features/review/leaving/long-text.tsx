import { useId, useState } from "react";
import { Button } from "@/components/button";
import { useTranslation } from "@/lib/i18n";
import { count } from "@/lib/numbers";
import { CodeBox } from "./code-box";

const SHOWN = 6;
const LONGEST = 480;

/** A text that may be long: its beginning, how much is not shown, and all of it at one click. */
export function LongText({ text, same, label }: { text: string; same: boolean; label: string }) {
  const { t } = useTranslation("review");
  const [open, setOpen] = useState(false);
  const id = useId();
  const start = text.split("\n").slice(0, SHOWN).join("\n").slice(0, LONGEST);
  const rest = [...text].length - [...start].length;
  return (
    <div className="grid gap-1.5">
      {same && <p className="text-sm text-ok">{t("leaving.same_as_draft")}</p>}
      {(open || !same) && (
        <CodeBox id={id} label={label} text={open || rest === 0 ? text : start} />
      )}
      {(rest > 0 || same) && (
        <Button size="small" look="quiet" className="h-8 justify-self-start px-0 underline" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
          {open ? t("leaving.less") : same ? t("leaving.show_all", { count: [...text].length, all: count([...text].length) })
            : t("leaving.show_rest", { rest: count(rest), all: count([...text].length) })}
        </Button>
      )}
    </div>
  );
}
