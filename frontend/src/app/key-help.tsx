import { useState } from "react";
import { Dialog } from "@/components/dialog";
import { Checkbox } from "@/components/field";
import { useTranslation } from "@/lib/i18n";
import { useActiveKeys, useKeys } from "@/lib/keys";
import { useKept } from "@/lib/kept";

/** `?` lists the keys of the page one is on, and turns single keys off. */
export function KeyHelp() {
  const { t } = useTranslation("app");
  const [open, setOpen] = useState(false);
  const [keys, setKeys] = useKept("keys");
  useKeys([{ key: "?", label: t("keys"), run: () => setOpen(true) }]);
  const active = useActiveKeys();
  return (
    <Dialog open={open} onOpenChange={setOpen} title={t("keys_of_page")}>
      <dl className="grid gap-2">
        {[...active, { key: "Ctrl K", label: t("palette") }].map((each) => (
          <div key={each.key} className="flex items-center justify-between gap-4">
            <dt>{each.label}</dt>
            <dd><kbd className="rounded-sm border border-line bg-sunken px-1.5 py-0.5 font-mono text-xs">{each.key}</kbd></dd>
          </div>
        ))}
      </dl>
      <Checkbox label={t("keys_on")} hint={t("keys_hint")} checked={keys !== "off"}
        onChange={(event) => setKeys(event.target.checked ? null : "off")} />
    </Dialog>
  );
}
