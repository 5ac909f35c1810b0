import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import type { FrontKit } from '../../src/server/front-kit.js';
import type { Ledger } from '../../src/server/ledger.js';
import { Guesses } from '../../src/server/guesses.js';
import { checkLimits, type LimitOptions } from '../../src/server/limits.js';
import { Meters } from '../../src/server/meters.js';
import { OctostoreFront } from '../../src/server/octostore/octostore-front.js';
import type { OctostoreFrontOptions } from '../../src/server/octostore/front-options.js';
import { ANYBODY, type Principals } from '../../src/server/principals.js';
import { SILENT_LOG } from '../../src/server/server-log.js';
import { ServerCore, type ServerTime } from '../../src/server/server-core.js';
import { TokenPrincipals } from '../../src/server/token-principals.js';

/** What a test chooses. */
export interface FrontServerOptions extends OctostoreFrontOptions {
  readonly time?: ServerTime;
  readonly limits?: LimitOptions;
  /** Does nobody need a token? */
  readonly isOpen?: boolean;
  readonly maxTtl?: number;
  /** Where its locks are kept. */
  readonly ledger?: Ledger;
}

/** Our own front of OctoStore's API, on a free port of this machine, with the tokens of two users. */
export class FrontServer {
  readonly tokens = { alice: randomUUID(), bob: randomUUID() };
  readonly kit: FrontKit;
  private front: OctostoreFront | undefined;
  private server: Server | undefined;

  private constructor(options: FrontServerOptions) {
    const core = new ServerCore(options.time, undefined, undefined, { ledger: options.ledger });
    const list = Object.entries(this.tokens).map(([name, token]) => ({ name, token }));
    const principals: Principals = options.isOpen === true ? ANYBODY : new TokenPrincipals(list);
    this.kit = {
      core,
      principals,
      guesses: new Guesses(core.timeouts),
      limits: checkLimits(options.limits),
      maxTtl: options.maxTtl ?? 3_600_000,
      meters: new Meters(),
      log: SILENT_LOG,
      randomBytes,
    };
  }

  static async start(options: FrontServerOptions = {}): Promise<FrontServer> {
    const made = new FrontServer(options);
    const { time: _time, limits: _limits, isOpen: _isOpen, maxTtl: _maxTtl, ledger: _ledger, ...front } = options;
    made.front = await OctostoreFront.open(made.kit, front);
    await made.kit.core.records.begin();
    made.server = createServer((request, response) => {
      made.front!.request(request, response);
    });
    made.server.listen(0, '127.0.0.1');
    await once(made.server, 'listening');
    return made;
  }

  get port(): number {
    return (this.server!.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  async stop(): Promise<void> {
    const { server } = this;
    await this.front?.close();
    server?.closeAllConnections();
    if (server?.listening === true) {
      server.close();
      await once(server, 'close');
    }
  }

  /** Asks it directly, past any client under test. */
  async ask(
    method: string,
    path: string,
    body?: object,
    token = this.tokens.alice,
  ): Promise<{ status: number; json: unknown }> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, json: isJson ? (JSON.parse(text) as unknown) : undefined };
  }
}
