/** What a script needs to know of one thing that is asked. */
interface Args {
  readonly args: readonly string[];
}

/** The arguments of several, one after the other. */
export function inTurn(asks: readonly Args[]): readonly string[] {
  const all: string[] = [];
  for (const { args } of asks) for (const arg of args) all.push(arg);
  return all;
}

/**
 * The arguments of several for the scripts that are called most, as each argument costs: the first of each, which all have the same length, in one
 * string; then the others, and those only once if they are the same for all.
 */
export function together(asks: readonly Args[]): readonly string[] {
  const [first] = asks;
  if (first === undefined) return [];
  let firsts = '';
  let areAlike = true;
  for (const { args } of asks) {
    firsts += args[0] ?? '';
    areAlike &&= isAlike(args, first.args);
  }
  const others = areAlike ? first.args.slice(1) : asks.flatMap(({ args }) => args.slice(1));
  return [firsts, ...others];
}

function isAlike(some: readonly string[], others: readonly string[]): boolean {
  for (let i = 1; i < others.length; i++) if (some[i] !== others[i]) return false;
  return true;
}
