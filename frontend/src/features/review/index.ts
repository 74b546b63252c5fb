import { lazyRouteComponent } from "@tanstack/react-router";

export const ReviewPage = lazyRouteComponent(() => import("./review-page"), "ReviewPage");
