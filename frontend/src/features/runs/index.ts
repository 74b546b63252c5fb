import { lazyRouteComponent } from "@tanstack/react-router";

export const RunsPage = lazyRouteComponent(() => import("./runs-page"), "RunsPage");
export const RunPage = lazyRouteComponent(() => import("./run-page"), "RunPage");
