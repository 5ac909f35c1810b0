import type { Times } from '../../../backends/dflockd/wire/times.js';

/** How long what may take if nothing else is said. `read`: the server closes a connection that is silent for so long. Milliseconds. */
export const DEFAULT_TIMES: Times = { connect: 30_000, answer: 5000, read: 23_000 };
