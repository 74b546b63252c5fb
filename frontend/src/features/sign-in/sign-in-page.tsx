import { Page } from "@/components/page";

export function SignInPage() {
  return <Page title="SignInPage">{null}</Page>;
}
