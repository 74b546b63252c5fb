import { Page } from "@/components/page";

export function PeoplePage() {
  return <Page title="PeoplePage">{null}</Page>;
}
