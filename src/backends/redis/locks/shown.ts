import type { LockMode } from '../../../contract/options.js';

/** What a script tells of whoever has a lock. */
export interface Shown {
  readonly mode: LockMode | undefined;
  readonly token: bigint | undefined;
  readonly holder: string | undefined;
  readonly metadata: string | undefined;
}

const SHOWN = /^(x|s|\d+\/\d+)?:?(\d+)?:?([^\n]*)(?:\n([^]*))?$/;

/** Reads `need:token:holder`, behind which its metadata may stand on a line of their own. */
export function readShown(text: unknown): Shown {
  const [, need, token, holder, metadata] = SHOWN.exec(typeof text === 'string' ? text : '') ?? [];
  return {
    mode: need === 's' ? 'shared' : need === 'x' || need === undefined ? modeOf(token) : undefined,
    token: token === undefined ? undefined : BigInt(token),
    holder: holder === '' ? undefined : holder,
    metadata,
  };
}

function modeOf(token: string | undefined): LockMode | undefined {
  return token === undefined ? undefined : 'exclusive';
}
