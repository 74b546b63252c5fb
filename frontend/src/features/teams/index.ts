import { lazyRouteComponent } from "@tanstack/react-router";

export const NewTeamPage = lazyRouteComponent(() => import("./new-team-page"), "NewTeamPage");
export const SettingsPage = lazyRouteComponent(() => import("./settings-page"), "SettingsPage");
