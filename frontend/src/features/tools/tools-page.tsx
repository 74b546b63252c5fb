import { Page } from "@/components/page";

export function ToolsPage() {
  return <Page title="ToolsPage">{null}</Page>;
}
