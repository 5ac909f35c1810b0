import { makeVerbs, type Verbs } from '../../../src/backends/redis/locks/verbs.js';

const VERBS = makeVerbs('', 0, false);

/** The name by which a script is sent to a server that knows it. */
export function shaOf(verb: keyof Verbs): string {
  return VERBS[verb].script.sha;
}

/** All scripts. */
export const SCRIPTS: readonly string[] = Object.values(VERBS as unknown as Record<string, Verbs[keyof Verbs]>).map(
  ({ script }) => script.source,
);
