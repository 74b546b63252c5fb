import { addStrings } from "@/lib/i18n";

addStrings("teams", {
  new: {
    title: "New team",
    lead: "A team has its own people, roles, workflows, credentials and audit trail. Nothing of it is seen by another.",
    name: "Name of the team",
    slug: "Address",
    slug_hint: "Lower-case letters, digits and hyphens. It cannot be changed later.",
    slug_preview: "{{origin}}/t/{{slug}}",
    action: "Make the team",
    made: "{{name}} is ready.",
    invited: "Invited by a colleague? Open the link in the e-mail instead.",
    back: "Back",
    sign_out: "Sign out",
  },
});
