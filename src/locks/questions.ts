import { endWith, firstValueFrom, ignoreElements, type Observable } from 'rxjs';
import { answer$ } from './answer.js';
import type { Core } from '../core/core.js';
import { LockNetworkError } from '../contract/errors.js';
import { userStatus } from './user-status.js';
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
    this.core.requireOpen();
    if (backend.list === undefined) throw this.core.unsupportedError('list');
    const list = backend.list.bind(backend);
    const statuses: unknown = await this.ask('its locks', () => list(prefix + namePrefix));
    if (!Array.isArray(statuses))
      throw new LockNetworkError(`${backend.name} answered something that is not a list of locks`);
    return statuses.map((status: LockStatus) => userStatus(status, prefix));
  }

  async ping(): Promise<void> {
    const { backend } = this.core;
    this.core.requireOpen();
    if (backend.ping === undefined) throw this.core.unsupportedError('ping');
    const ping = backend.ping.bind(backend);
    await this.done('a sign of life', ping);
  }

  /** @param name As the user wrote it. */
  async revoke(name: string): Promise<void> {
    const { backend, prefix } = this.core;
    this.core.requireOpen();
    if (backend.revoke === undefined) throw this.core.unsupportedError('revoke');
    const revoke = backend.revoke.bind(backend);
    await this.done(`'${name}' to be taken away`, () => revoke(prefix + name));
  }

  /** The end of the answer says that it is done, whatever it emits before. */
  private done(what: string, question: () => Observable<unknown>): Promise<void> {
    return this.ask(what, () => question().pipe(ignoreElements(), endWith(undefined)));
  }

  private ask<T>(what: string, question: () => Observable<T>): Promise<T> {
    return firstValueFrom(answer$(this.core, what, question));
  }
}
