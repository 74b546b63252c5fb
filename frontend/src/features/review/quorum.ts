import type { RequestDetail, Rule } from "@/api/schema";

/**
 * How many people each rule still lacks, everybody seated once: Kuhn's augmenting paths, as the platform counts.
 * Only for what a button says; what counts is counted there.
 */
export function lacks(rules: Pick<Rule, "role" | "count">[], people: string[][]): number[] {
  const seats = rules.flatMap((rule, index) => Array.from({ length: rule.count }, () => ({ index, role: rule.role })));
  const taken = new Map<number, number>();
  const seat = (at: number, tried: Set<number>): boolean => {
    for (const [person, roles] of people.entries()) {
      if (!roles.includes(seats[at]!.role) || tried.has(person)) continue;
      tried.add(person);
      const present = taken.get(person);
      if (present === undefined || seat(present, tried)) { taken.set(person, at); return true; }
    }
    return false;
  };
  const left = rules.map((rule) => rule.count);
  seats.forEach(({ index }, at) => { if (seat(at, new Set())) left[index]! -= 1; });
  return left;
}

/** The roles that would still have to approve once I have; empty when my approval is the last one. */
export function stillNeeded(request: RequestDetail, me: string): string[] {
  const yes = new Set(request.decisions.filter((each) => each.verdict === "approve").map((each) => each.user.id));
  const people = request.may_decide.filter((person) => yes.has(person.id) || person.email === me).map((person) => person.roles);
  const left = lacks(request.policy.rules, people);
  return request.policy.rules.filter((_, index) => left[index]! > 0).map((rule) => rule.role);
}
