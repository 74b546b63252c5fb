import { Inbox, type LucideIcon, Play, ScrollText, Settings, Users, Workflow, Wrench } from "lucide-react";

export type Place = { name: string; to: string; icon: LucideIcon; apart?: true };

/** What the side holds, in its order; the first three and "more" are the phone's bottom bar. */
export const PLACES: Place[] = [
  { name: "inbox", to: "/t/$slug/inbox", icon: Inbox },
  { name: "runs", to: "/t/$slug/runs", icon: Play },
  { name: "workflows", to: "/t/$slug/workflows", icon: Workflow },
  { name: "tools", to: "/t/$slug/tools", icon: Wrench },
  { name: "people", to: "/t/$slug/people", icon: Users },
  { name: "audit", to: "/t/$slug/audit", icon: ScrollText },
  { name: "settings", to: "/t/$slug/settings", icon: Settings, apart: true },
];

/** Whose page an address is: `/t/acme/runs/…` is one of runs. */
export function sectionOf(pathname: string): string | undefined {
  const part = pathname.split("/")[3] || "inbox";
  return PLACES.find((place) => place.name === (part === "approvals" ? "inbox" : part))?.name;
}
