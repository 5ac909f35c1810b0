import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Frees all that is unreachable. */
export const collect = runInNewContext('gc') as () => void;
