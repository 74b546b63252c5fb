import { lazyRouteComponent } from "@tanstack/react-router";

export const PeoplePage = lazyRouteComponent(() => import("./people-page"), "PeoplePage");
