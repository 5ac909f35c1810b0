import { endWith, firstValueFrom, ignoreElements, type Observable } from 'rxjs';
import { answer$ } from './answer.js';
import type { Core } from '../core/core.js';
import { LockNetworkError } from '../contract/errors.js';
import { userStatus } from './user-status.js';
import type { LockBackend } from '../contract/backend.js';
import type { LockStatus } from '../contract/status.js';

/** What not every service can be asked. */
type Question = 'list' | 'ping' | 'revoke';

/**
 * The status of a lock, as the service tells it.
 *
 * @param name As the user wrote it.
 */
export function status$(core: Core, name: string): Observable<LockStatus> {
  const { backend, prefix } = core;
  return answer$(core, `the status of '${name}'`, () => backend.status(prefix + name));
}

/** @param name As the user wrote it. */
export async function status(core: Core, name: string): Promise<LockStatus> {
  return userStatus(await firstValueFrom(status$(core, name)), core.prefix);
}

/** The locks whose names begin so. */
export async function list(core: Core, namePrefix: string): Promise<readonly LockStatus[]> {
  const { backend, prefix } = core;
  const ask = asking(core, 'list', prefix + namePrefix);
  const statuses = await firstValueFrom(answer$(core, 'its locks', ask));
  if (!Array.isArray(statuses)) throw new LockNetworkError(`${backend.name} did not answer with a list of locks`);
  return statuses.map((status: LockStatus) => userStatus(status, prefix));
}

/**
 * Has the service do something. The end of its answer says that it is done, whatever it emits before.
 *
 * @param what For people.
 */
export async function done(core: Core, question: 'ping' | 'revoke', what: string, name?: string): Promise<void> {
  const ask = asking(core, question, name);
  await firstValueFrom(answer$(core, what, () => ask().pipe(ignoreElements(), endWith(undefined))));
}

/** @throws LockClosedError, LockUnsupportedError */
function asking(core: Core, question: Question, name?: string): () => Observable<unknown> {
  core.requireOpen();
  const backend = core.backend as Required<LockBackend>;
  if (typeof backend[question] !== 'function') throw core.unsupportedError(question);
  return () => backend[question](name as string);
}
