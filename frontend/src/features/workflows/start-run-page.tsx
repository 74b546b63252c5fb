import { Page } from "@/components/page";

export function StartRunPage() {
  return <Page title="StartRunPage">{null}</Page>;
}
