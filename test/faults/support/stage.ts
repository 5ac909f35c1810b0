import { octostore, type OctoStoreOptions } from '../../../src/backends/octostore/index.js';
import { createLocks, type RetryOptions } from '../../../src/index.js';
import { HttpFaults } from '../../support/http-faults.js';
import { anyName } from '../../support/octostore-client.js';
import type { OctoStoreServer } from '../../support/octostore-server.js';
import { until } from '../../support/poll.js';
import { FaultProxy } from '../../support/proxy.js';
import { Child, type ChildOptions } from './child.js';
import { History } from './history.js';
import { Party, PATIENCE } from './party.js';

/** Whoever waits tries so often that no overhold is missed. */
export const IMPATIENT: RetryOptions = { initial: '20ms', max: '20ms', jitter: 'none' };

/** A server of its own, two proxies in a row before it, and contenders for one name. */
export class Stage {
  readonly name = anyName('fault');
  readonly history = new History(this.name);
  /** The bearer token that is valid now. */
  token: string;
  private readonly parties: Party[] = [];
  private readonly children: Child[] = [];

  private constructor(
    readonly server: OctoStoreServer,
    /** Behind `wire`. */
    readonly http: HttpFaults,
    /** What the holder is connected to. */
    readonly wire: FaultProxy,
  ) {
    this.token = server.tokens.alice;
  }

  static async open(start: () => Promise<OctoStoreServer>): Promise<Stage> {
    const server = await start();
    const http = await HttpFaults.start(server.port);
    return new Stage(server, http, await FaultProxy.start(http.port));
  }

  /** A client whose way to the server is full of faults. */
  holder(options: OctoStoreOptions = {}): Party {
    return this.party('holder', { baseUrl: this.wire.url, ...options });
  }

  /** A client that nothing happens to. */
  other(): Party {
    return this.party('other', { baseUrl: this.server.url });
  }

  /** A holder in a process of its own. */
  child(options: ChildOptions & { readonly direct?: boolean } = {}): Child {
    const baseUrl = options.direct === true ? this.server.url : this.wire.url;
    const child = new Child('holder', this.name, this.history, { baseUrl, token: this.token, ...options });
    this.children.push(child);
    return child;
  }

  /** Asks the server directly. */
  async ask(method: string, path: string): Promise<{ readonly status: number; readonly json: unknown }> {
    return this.server.ask(method, path, undefined, this.token);
  }

  /** What the server says of the lock. */
  async status(): Promise<{ readonly status: string; readonly fencing_token: number }> {
    const { json } = await this.ask('GET', `/locks/${encodeURIComponent(this.name)}`);
    return json as { readonly status: string; readonly fencing_token: number };
  }

  /** The holder's session, by what it sent. */
  session(): string {
    const passage = this.http.those('/acquire').at(-1);
    return (JSON.parse(passage?.body ?? '{}') as { readonly session_id: string }).session_id;
  }

  fate(): string {
    return this.history.fate('holder');
  }

  /** Ends every contender; resolves when the server holds nothing of theirs any more. */
  async settle(): Promise<void> {
    this.server.resume();
    this.http.heal();
    await this.wire.heal();
    await Promise.all([
      ...this.parties.map(({ locks }) => locks.close()),
      ...this.children.map((child) => child.end()),
    ]);
    await until(
      async () => ((await this.ask('GET', '/locks')).json as { readonly total: number }).total === 0,
      'a server that holds nothing any more',
      PATIENCE,
    );
  }

  /** Whatever has happened: leaves nothing behind. */
  async close(): Promise<void> {
    for (const child of this.children) child.kill();
    await Promise.allSettled(this.parties.map(({ locks }) => locks.close()));
    await this.wire.stop();
    await this.http.stop();
    await this.server.stop();
  }

  private party(who: string, options: OctoStoreOptions): Party {
    const backend = octostore({ token: () => this.token, timeout: '1s', ...options });
    const party = new Party(who, createLocks(backend, { retry: IMPATIENT }), this.history);
    this.parties.push(party);
    return party;
  }
}
