import { Link } from "@tanstack/react-router";
import { Menu as MenuIcon } from "lucide-react";
import type { OwnTenant, Person } from "@/api/schema";
import { Menu, MenuItem, MenuLine } from "@/components/menu";
import { InboxCount } from "@/features/inbox";
import { useTranslation } from "@/lib/i18n";
import { PLACES } from "./places";
import { TeamItems, YouItems } from "./menus";

const SLOT = "relative grid h-14 content-center justify-items-center gap-0.5 text-xs text-ink-soft no-underline data-[status=active]:font-semibold data-[status=active]:text-ink";

/** Under 900 px: four, with everything else behind the last. */
export function BottomBar({ team, person }: { team: OwnTenant; person: Person }) {
  const { t } = useTranslation("app");
  const first = PLACES.slice(0, 3);
  return (
    <nav aria-label={t("navigation")}
      className="fixed inset-x-0 bottom-0 z-30 grid grid-cols-4 border-t border-line bg-raised pb-[env(safe-area-inset-bottom)] md:hidden">
      {first.map((place) => (
        <Link key={place.name} to={place.to} params={{ slug: team.slug } as never} className={SLOT}>
          <place.icon size={18} aria-hidden />
          {t(place.name)}
          {place.name === "inbox" && <InboxCount slug={team.slug} floating />}
        </Link>
      ))}
      <Menu side="top" align="end" trigger={<button type="button" className={SLOT}><MenuIcon size={18} aria-hidden />{t("more")}</button>}>
        {PLACES.slice(3).map((place) => (
          <MenuItem key={place.name} asChild>
            <Link to={place.to} params={{ slug: team.slug } as never}><place.icon size={16} aria-hidden />{t(place.name)}</Link>
          </MenuItem>
        ))}
        <MenuLine />
        <TeamItems team={team} person={person} />
        <MenuLine />
        <YouItems person={person} />
      </Menu>
    </nav>
  );
}
