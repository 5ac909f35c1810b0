import { nearest } from '../nearest.js';

/** Those that are for clients: `rxlock/auto` reads them. */
const OTHERS = ['RXLOCK_URL', 'RXLOCK_TOKEN'];
/** Kubernetes sets these by itself for a service that is called `rxlock`. */
const OF_KUBERNETES = /^RXLOCK_(?:SERVICE|PORT)(?:_|$)/;

/** A variable of the environment that nothing here knows. */
export interface UnknownVariable {
  readonly variable: string;
  /** The one that was meant, as it seems. */
  readonly didYouMean: string | undefined;
}

/** Variables that look like ours and are none, so that what was meant by them does not happen. @param known Ours. */
export function unknownVariables(
  env: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): UnknownVariable[] {
  const all = [...known, ...OTHERS];
  return Object.keys(env)
    .filter((name) => name.startsWith('RXLOCK_') && !all.includes(name) && !OF_KUBERNETES.test(name))
    .map((variable) => ({ variable, didYouMean: nearest(variable, all) }));
}
