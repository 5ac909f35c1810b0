import type { GoodbyeCode } from '../../../native/from-server.js';

/** How a connection is closed. */
export const CLOSE_CODES: Readonly<Record<GoodbyeCode, number>> = {
  closing: 1001,
  protocol: 1002,
  version: 1002,
  auth: 1008,
  silent: 1008,
  limit: 1013,
  slow: 1013,
  replaced: 4000,
};
