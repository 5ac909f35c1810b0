// @ts-expect-error -- Its types are not where its `exports` would have them.
import * as published from 'redlock';
import type * as ours from 'rxlock/compat/redlock';

/** The published package, as it is documented. */
export const theirs = published as typeof ours;
