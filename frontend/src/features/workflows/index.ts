import { lazyRouteComponent } from "@tanstack/react-router";

export const WorkflowsPage = lazyRouteComponent(() => import("./workflows-page"), "WorkflowsPage");
export const WorkflowPage = lazyRouteComponent(() => import("./workflow-page"), "WorkflowPage");
export const StartRunPage = lazyRouteComponent(() => import("./start-run-page"), "StartRunPage");
