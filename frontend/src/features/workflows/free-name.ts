/** A name that the team has not used yet: `Newsletter`, then `Newsletter 2`. */
export function freeName(name: string, taken: string[]): string {
  const used = new Set(taken.map((each) => each.toLowerCase()));
  let free = name;
  for (let n = 2; used.has(free.toLowerCase()); n += 1) free = `${name} ${n}`;
  return free;
}
