import { createRootRoute, createRoute, createRouter, Outlet } from "@tanstack/react-router";
import { AuditPage } from "@/features/audit";
import { InboxPage } from "@/features/inbox";
import { PeoplePage } from "@/features/people";
import { ReviewPage } from "@/features/review";
import { RunPage, RunsPage } from "@/features/runs";
import { InvitationPage, PasswordResetPage, SignInPage, SignUpPage, VerifyEmailPage } from "@/features/sign-in";
import { NewTeamPage, SettingsPage } from "@/features/teams";
import { ToolsPage } from "@/features/tools";
import { StartRunPage, WorkflowPage, WorkflowsPage } from "@/features/workflows";
import { Crashed } from "./crashed";
import { Home } from "./home";
import { NotFound } from "./not-found";
import { TeamFrame } from "./team-frame";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

const home = createRoute({ getParentRoute: () => root, path: "/", component: Home });
const signIn = createRoute({ getParentRoute: () => root, path: "/sign-in", component: SignInPage });
const signUp = createRoute({ getParentRoute: () => root, path: "/sign-up", component: SignUpPage });
const verify = createRoute({ getParentRoute: () => root, path: "/verify-email", component: VerifyEmailPage });
const verifyKey = createRoute({ getParentRoute: () => root, path: "/verify-email/$key", component: VerifyEmailPage });
const reset = createRoute({ getParentRoute: () => root, path: "/password-reset", component: PasswordResetPage });
const resetKey = createRoute({ getParentRoute: () => root, path: "/password-reset/$key", component: PasswordResetPage });
const invitation = createRoute({ getParentRoute: () => root, path: "/invitations/$token", component: InvitationPage });
const newTeam = createRoute({ getParentRoute: () => root, path: "/teams/new", component: NewTeamPage });

const team = createRoute({ getParentRoute: () => root, path: "/t/$slug", component: TeamFrame });
const teamHome = createRoute({ getParentRoute: () => team, path: "/", component: InboxPage });
const inbox = createRoute({ getParentRoute: () => team, path: "/inbox", component: InboxPage });
const review = createRoute({ getParentRoute: () => team, path: "/approvals/$id", component: ReviewPage });
const runs = createRoute({ getParentRoute: () => team, path: "/runs", component: RunsPage });
const run = createRoute({ getParentRoute: () => team, path: "/runs/$id", component: RunPage });
const workflows = createRoute({ getParentRoute: () => team, path: "/workflows", component: WorkflowsPage });
const workflow = createRoute({ getParentRoute: () => team, path: "/workflows/$id", component: WorkflowPage });
const startRun = createRoute({ getParentRoute: () => team, path: "/workflows/$id/run", component: StartRunPage });
const tools = createRoute({ getParentRoute: () => team, path: "/tools", component: ToolsPage });
const people = createRoute({ getParentRoute: () => team, path: "/people", component: PeoplePage });
const audit = createRoute({ getParentRoute: () => team, path: "/audit", component: AuditPage });
const settings = createRoute({ getParentRoute: () => team, path: "/settings", component: SettingsPage });

export const router = createRouter({
  routeTree: root.addChildren([
    home, signIn, signUp, verify, verifyKey, reset, resetKey, invitation, newTeam,
    team.addChildren([
      teamHome, inbox, review, runs, run, workflows, workflow, startRun, tools, people, audit, settings,
    ]),
  ]),
  defaultPreload: "intent",
  defaultErrorComponent: Crashed,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register { router: typeof router }
}
