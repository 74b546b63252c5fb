import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { Plus, Users } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import type { OwnTenant, Person } from "@/api/schema";
import { useTranslation } from "@/lib/i18n";
import { PLACES } from "./places";

/** Ctrl or Cmd K. */
export function Palette({ team, person }: { team: OwnTenant; person: Person }) {
  const { t } = useTranslation("app");
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      setOpen((now) => !now);
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
  const go = (to: string, slug: string) => { setOpen(false); void navigate({ to, params: { slug } } as never); };
  return (
    <Command.Dialog open={open} onOpenChange={setOpen} label={t("palette")}
      overlayClassName="fixed inset-0 z-40 bg-[oklch(0_0_0/0.3)]"
      contentClassName="appear fixed top-[12vh] left-1/2 z-50 w-[min(34rem,94vw)] -translate-x-1/2 overflow-hidden rounded-md border border-line bg-raised shadow-float">
      <Command.Input placeholder={t("palette_hint")} className="h-12 w-full border-b border-line bg-transparent px-4 text-lg outline-none" />
      <Command.List className="max-h-80 overflow-y-auto p-1">
        <Command.Empty className="px-3 py-6 text-center text-ink-faint">{t("palette_none")}</Command.Empty>
        <Command.Group heading={t("go_to")} className={HEADING}>
          {PLACES.map((place) => (
            <Item key={place.name} onSelect={() => go(place.to, team.slug)}><place.icon size={16} aria-hidden />{t(place.name)}</Item>
          ))}
        </Command.Group>
        <Command.Group heading={t("teams")} className={HEADING}>
          {person.tenants.map((tenant) => (
            <Item key={tenant.id} onSelect={() => go("/t/$slug/inbox", tenant.slug)}><Users size={16} aria-hidden />{tenant.name}</Item>
          ))}
          <Item onSelect={() => go("/teams/new", "")}><Plus size={16} aria-hidden />{t("new_team")}</Item>
        </Command.Group>
      </Command.List>
    </Command.Dialog>
  );
}

const HEADING = "[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-ink-faint";

function Item({ onSelect, children }: { onSelect: () => void; children: ReactNode }) {
  return (
    <Command.Item onSelect={onSelect} className="flex h-9 cursor-pointer items-center gap-2 rounded-sm px-3 data-[selected=true]:bg-sunken">
      {children}
    </Command.Item>
  );
}
