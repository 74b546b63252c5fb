import { Page } from "@/components/page";

export function ReviewPage() {
  return <Page title="ReviewPage">{null}</Page>;
}
