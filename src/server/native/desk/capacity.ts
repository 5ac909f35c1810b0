import type { ErrorCode } from '../../../native/from-server.js';
import { isFull } from '../../is-full.js';
import type { ServerCore } from '../../server-core.js';
import type { TtlLimits } from './checks.js';
import type { NativeSession } from './native-session.js';

/** How many of what a client may have. */
export interface DeskLimits extends TtlLimits {
  readonly locks: number;
  readonly waiters: number;
  /** Of all clients together, whatever they speak. */
  readonly places: number;
}

/** Why a session may have no more. */
export interface NoMore {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What is said to whoever asks, or waits, when the server ends. */
export const CLOSING: NoMore = { code: 'closing', message: 'the server is about to stop' };
const ENOUGH: NoMore = { code: 'limit', message: 'this session holds as many locks as it may (limit `locks`)' };
const FULL: NoMore = { code: 'limit', message: 'the server has as many locks as it may (limit `places`)' };

/** Who may have more? */
export class Capacity {
  constructor(
    private readonly core: Pick<ServerCore, 'records' | 'table'>,
    private readonly limits: DeskLimits,
  ) {}

  /**
   * Why a session may have no more; `undefined`: it may.
   *
   * @param isThere Is it of those that there are already?
   */
  problemOf(session: NativeSession, isThere = false): NoMore | undefined {
    const { records, table } = this.core;
    const { failure } = records;
    if (table.isShut) return CLOSING;
    if (failure !== undefined) return { code: 'storage', message: failure.message };
    if (session.held >= this.limits.locks) return ENOUGH;
    return !isThere && isFull(table, this.limits.places) ? FULL : undefined;
  }
}
