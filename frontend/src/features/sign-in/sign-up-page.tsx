import { Page } from "@/components/page";

export function SignUpPage() {
  return <Page title="SignUpPage">{null}</Page>;
}
