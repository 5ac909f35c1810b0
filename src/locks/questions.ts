import { endWith, firstValueFrom, ignoreElements, type Observable } from 'rxjs';
import { answer$ } from './answer.js';
import type { Core } from '../core/core.js';
import { LockNetworkError } from '../contract/errors.js';
import { userStatus } from './user-status.js';
import type { LockBackend } from '../contract/backend.js';
import type { LockStatus } from '../contract/status.js';

/** What a `Locks` asks its service once, and is told once. */
export class Questions {
  constructor(private readonly core: Core) {}

  /** @param name As the user wrote it. */
  async status(name: string): Promise<LockStatus> {
    const { backend, prefix } = this.core;
    return userStatus(await this.ask(`the status of '${name}'`, () => backend.status(prefix + name)), prefix);
  }

  async list(namePrefix: string): Promise<readonly LockStatus[]> {
    const { backend, prefix } = this.core;
    const list = this.offered('list');
    const statuses: unknown = await this.ask('its locks', () => list.call(backend, prefix + namePrefix));
    if (!Array.isArray(statuses)) throw new LockNetworkError(`${backend.name} did not answer with a list of locks`);
    return statuses.map((status: LockStatus) => userStatus(status, prefix));
  }

  async ping(): Promise<void> {
    const ping = this.offered('ping');
    await this.done('a sign of life', () => ping.call(this.core.backend));
  }

  /** @param name As the user wrote it. */
  async revoke(name: string): Promise<void> {
    const { backend, prefix } = this.core;
    const revoke = this.offered('revoke');
    await this.done(`'${name}' to be taken away`, () => revoke.call(backend, prefix + name));
  }

  /** What not every service can be asked. */
  private offered<K extends 'list' | 'ping' | 'revoke'>(what: K): NonNullable<LockBackend[K]> {
    const { core } = this;
    core.requireOpen();
    const question = core.backend[what];
    if (question === undefined) throw core.unsupportedError(what);
    return question;
  }

  /** The end of the answer says that it is done, whatever it emits before. */
  private done(what: string, question: () => Observable<unknown>): Promise<void> {
    return this.ask(what, () => question().pipe(ignoreElements(), endWith(undefined)));
  }

  private ask<T>(what: string, question: () => Observable<T>): Promise<T> {
    return firstValueFrom(answer$(this.core, what, question));
  }
}
