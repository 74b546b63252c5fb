import { Page } from "@/components/page";

export function NewTeamPage() {
  return <Page title="NewTeamPage">{null}</Page>;
}
