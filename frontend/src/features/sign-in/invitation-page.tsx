import { Page } from "@/components/page";

export function InvitationPage() {
  return <Page title="InvitationPage">{null}</Page>;
}
