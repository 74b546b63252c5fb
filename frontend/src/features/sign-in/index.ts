import { lazyRouteComponent } from "@tanstack/react-router";

export const SignInPage = lazyRouteComponent(() => import("./sign-in-page"), "SignInPage");
export const SignUpPage = lazyRouteComponent(() => import("./sign-up-page"), "SignUpPage");
export const VerifyEmailPage = lazyRouteComponent(() => import("./verify-email-page"), "VerifyEmailPage");
export const PasswordResetPage = lazyRouteComponent(() => import("./password-reset-page"), "PasswordResetPage");
export const InvitationPage = lazyRouteComponent(() => import("./invitation-page"), "InvitationPage");
