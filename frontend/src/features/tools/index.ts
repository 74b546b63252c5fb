import { lazyRouteComponent } from "@tanstack/react-router";

export const ToolsPage = lazyRouteComponent(() => import("./tools-page"), "ToolsPage");
