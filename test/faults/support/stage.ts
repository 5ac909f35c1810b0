import { octostore, type OctoStoreOptions } from '../../../src/backends/octostore/index.js';
import { HttpFaults } from '../../support/http-faults.js';
import type { OctoStoreServer } from '../../support/octostore-server.js';
import { until } from '../../support/poll.js';
import { FaultProxy } from '../../support/proxy.js';
import { Cast } from './cast.js';
import type { Child, ChildOptions } from './child.js';
import type { History } from './history.js';
import { PATIENCE, type Party } from './party.js';

/** A server of its own, two proxies in a row before it, and contenders for one name. */
export class Stage {
  /** The bearer token that is valid now. */
  token: string;
  private readonly cast = new Cast();

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

  get name(): string {
    return this.cast.name;
  }

  get history(): History {
    return this.cast.history;
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
    return this.cast.child({ baseUrl, token: this.token, ...options });
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
    return this.cast.fate();
  }

  /** Ends every contender; resolves when the server holds nothing of theirs any more. */
  async settle(): Promise<void> {
    this.server.resume();
    this.http.heal();
    await this.wire.heal();
    await this.cast.leave();
    await until(
      async () => ((await this.ask('GET', '/locks')).json as { readonly total: number }).total === 0,
      'a server that holds nothing any more',
      PATIENCE,
    );
  }

  /** Whatever has happened: leaves nothing behind. */
  async close(): Promise<void> {
    await this.cast.end();
    await this.wire.stop();
    await this.http.stop();
    await this.server.stop();
  }

  private party(who: string, options: OctoStoreOptions): Party {
    return this.cast.party(who, octostore({ token: () => this.token, timeout: '1s', ...options }));
  }
}
