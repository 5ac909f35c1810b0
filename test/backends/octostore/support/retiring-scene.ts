import { octostore, type OctoStoreOptions } from '../../../../src/backends/octostore/index.js';
import { schedulerClock } from '../../../../src/values/scheduler-clock.js';
import type { LockBackend } from '../../../../src/contract/backend.js';
import { HttpFaults } from '../../../support/http-faults.js';
import { anyName, Client } from '../../../support/octostore-client.js';
import type { OctoStoreServer } from '../../../support/octostore-server.js';
import { Time } from '../../../support/virtual.js';

/** How long one request may take. Milliseconds. */
export const TIMEOUT = 800;

/** A client of a real server in a time of its own, and another one that sees what is held. */
export class RetiringScene {
  readonly name = anyName();
  readonly time = new Time();
  readonly backend: LockBackend;
  readonly other: Client;

  private constructor(
    server: OctoStoreServer,
    readonly faults: HttpFaults,
    options: OctoStoreOptions,
  ) {
    this.backend = octostore({
      baseUrl: `http://127.0.0.1:${String(faults.port)}`,
      token: server.tokens.alice,
      timeout: TIMEOUT,
      ...options,
    });
    this.backend.open?.({ clock: schedulerClock(this.time), scheduler: this.time, random: () => 0.5 });
    this.other = new Client({ baseUrl: server.url, token: server.tokens.bob });
  }

  static async start(server: OctoStoreServer, options: OctoStoreOptions = {}): Promise<RetiringScene> {
    return new RetiringScene(server, await HttpFaults.start(server.port), options);
  }

  async stop(): Promise<void> {
    this.faults.heal();
    const closing = this.backend.close();
    // Its bound is in the time of this client.
    const passing = setInterval(() => {
      this.time.advance(200);
    }, 10);
    await closing;
    clearInterval(passing);
    await this.other.backend.close();
    await this.faults.stop();
  }
}
