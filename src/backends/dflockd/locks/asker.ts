import type { AcquireRequest } from '../../../contract/backend.js';
import type { LockError } from '../../../contract/errors.js';
import type { Granted } from '../wire/answer.js';
import type { Connection } from '../wire/connection.js';
import type { Wanted } from './book.js';

/** Who asks for a lock, as the queue knows him: what he wants, and whom to tell what came of it. */
export interface Asker {
  readonly request: AcquireRequest;
  readonly wanted: Wanted;
  /** Does nobody wait for it any more? */
  readonly isDone: boolean;
  /** A connection of his own, to wait on. */
  connect(): Connection;
  /** Calls back as soon as he has his answer, or has left. */
  whenDone(run: () => void): void;
  /** He waits in the queue. */
  queued(): void;
  /** Somebody else has it, and it will not be waited for. */
  held(): void;
  /** @param isDoubtful It may have run out before this answer came. */
  grant(granted: Granted, connection: Connection, sentAt: number, isDoubtful: boolean): void;
  /** The service said no, in these words. */
  refuse(line: string): void;
  fail(error: LockError): void;
  /** The error that these words stand for. */
  error(line: string): LockError;
  /** Tells a connection that he has left, if he does before he is answered. */
  leaveWith(connection: Connection): void;
}
