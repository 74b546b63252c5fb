import { Link } from "@tanstack/react-router";
import { ChevronsUpDown } from "lucide-react";
import type { OwnTenant, Person } from "@/api/schema";
import { InboxCount } from "@/features/inbox";
import { useTranslation } from "@/lib/i18n";
import { Mark } from "@/components/mark";
import { TeamMenu, YouMenu } from "./menus";
import { type Place, PLACES } from "./places";

type Props = { team: OwnTenant; person: Person };

export function Side({ team, person }: Props) {
  const { t } = useTranslation("app");
  return (
    <div className="sticky top-0 hidden h-dvh flex-col gap-1 overflow-y-auto border-r border-line bg-sunken/50 p-2 md:flex">
      <TeamMenu team={team} person={person} trigger={
        <button type="button" aria-label={t("team_menu", { name: team.name })}
          className="flex h-11 items-center gap-2 rounded-md px-2 text-left font-semibold hover:bg-sunken">
          <Mark />
          <span className="min-w-0 flex-1 truncate">{team.name}</span>
          <ChevronsUpDown size={14} aria-hidden className="text-ink-faint" />
        </button>
      } />
      <nav aria-label={t("navigation")} className="grid gap-0.5">
        {PLACES.map((place) => <SideLink key={place.name} place={place} slug={team.slug} />)}
      </nav>
      <YouMenu team={team} person={person} trigger={
        <button type="button" aria-label={t("you_menu", { email: person.email })}
          className="mt-auto flex h-11 items-center gap-2 rounded-md px-2 text-left hover:bg-sunken">
          <span aria-hidden className="grid size-6 place-items-center rounded-full bg-accent-wash text-xs font-semibold text-accent uppercase">
            {(person.name || person.email).slice(0, 1)}
          </span>
          <span className="min-w-0 flex-1 truncate text-sm">{person.name || person.email}</span>
          <ChevronsUpDown size={14} aria-hidden className="text-ink-faint" />
        </button>
      } />
    </div>
  );
}

function SideLink({ place, slug }: { place: Place; slug: string }) {
  const { t } = useTranslation("app");
  return (
    <>
      {place.apart && <hr className="my-2 border-line" />}
      <Link to={place.to} params={{ slug } as never}
        className="flex h-8 items-center gap-2.5 rounded-md px-2 text-ink-soft no-underline hover:bg-sunken hover:text-ink data-[status=active]:bg-sunken data-[status=active]:font-medium data-[status=active]:text-ink">
        <place.icon size={16} aria-hidden />
        {t(place.name)}
        {place.name === "inbox" && <InboxCount slug={slug} />}
      </Link>
    </>
  );
}
