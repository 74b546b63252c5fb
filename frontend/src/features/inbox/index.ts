import { lazyRouteComponent } from "@tanstack/react-router";

export const InboxPage = lazyRouteComponent(() => import("./inbox-page"), "InboxPage");
export { InboxCount } from "./inbox-count";
