import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { askOctostore } from './ask-octostore.js';
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
import type { Place } from '../../src/table/place.js';
import { FakeDisk, FakeLedger } from '../server/support/fake-ledger.js';
import type { OctoStoreServer } from './octostore-server.js';

/** What a test chooses. */
export interface FrontServerOptions extends OctostoreFrontOptions {
  readonly time?: ServerTime;
  readonly limits?: LimitOptions;
  /** Does nobody need a token? */
  readonly isOpen?: boolean;
  readonly maxTtl?: number;
  /** Where its locks are kept: on a disk of its own by default. It cannot be killed then. */
  readonly ledger?: Ledger;
  /** Are its locks kept at all? Not where a test moves the time, by default. */
  readonly isStored?: boolean;
  /** Told of what went wrong within it. */
  readonly onFailure?: (error: string) => void;
  /** How long nobody is granted anything. */
  readonly opensAfter?: number;
  /** Are there fencing tokens? `true` by default. */
  readonly fencing?: boolean;
}

/** One life of a server, between two starts. */
interface Life {
  readonly kit: FrontKit;
  readonly ledger: FakeLedger | undefined;
  readonly front: OctostoreFront;
  readonly server: Server;
}

/** Our own front of OctoStore's API, on a free port of this machine. What it stores outlives it. */
export class FrontServer implements OctoStoreServer {
  readonly tokens = { alice: randomUUID(), bob: randomUUID() };
  readonly disk = new FakeDisk();
  /** Requests that came while it stood still. */
  private held: (() => void)[] | undefined = undefined;
  private life: Life | undefined;
  private lastPort = 0;
  private principals: TokenPrincipals | undefined;

  private constructor(private readonly options: FrontServerOptions) {}

  static async start(options: FrontServerOptions = {}): Promise<FrontServer> {
    const made = new FrontServer(options);
    await made.run();
    return made;
  }

  get port(): number {
    return this.lastPort;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  get kit(): FrontKit {
    return this.alive.kit;
  }

  get front(): OctostoreFront {
    return this.alive.front;
  }

  /** How many streams are read. */
  get watching(): number {
    return this.alive.front.streams;
  }

  /** Whoever holds a lock, or waits for it. */
  place(name: string): Place | undefined {
    return this.kit.core.table.places().find((place) => place.name === name);
  }

  /** Tokens as they are read anew, by name. */
  replaceTokens(tokens: Readonly<Record<string, string>>): void {
    this.principals?.replace(listOf(tokens));
  }

  async run(): Promise<void> {
    const {
      time,
      limits,
      isOpen,
      maxTtl = 3_600_000,
      opensAfter = 0,
      fencing = true,
      onFailure,
      ledger: given,
      isStored = time === undefined,
      ...options
    } = this.options;
    const ledger = given === undefined && isStored ? new FakeLedger(this.disk, true) : undefined;
    const core = new ServerCore(time, undefined, undefined, { ledger: given ?? ledger, opensAfter, fencing });
    this.principals = isOpen === true ? undefined : new TokenPrincipals(listOf(this.tokens));
    const principals: Principals = this.principals ?? ANYBODY;
    const kit: FrontKit = {
      core,
      principals,
      guesses: new Guesses(core.timeouts),
      limits: checkLimits(limits),
      maxTtl,
      meters: new Meters(),
      log:
        onFailure === undefined
          ? SILENT_LOG
          : {
              isOn: (level) => level !== 'debug',
              say: (...told) => {
                onFailure(JSON.stringify(told));
              },
            },
      randomBytes,
    };
    const front = await OctostoreFront.open(kit, options);
    await core.records.begin();
    const server = createServer((request, response) => {
      if (this.held === undefined) front.request(request, response);
      else
        this.held.push(() => {
          front.request(request, response);
        });
    });
    server.listen(this.lastPort, '127.0.0.1');
    await once(server, 'listening');
    this.lastPort = (server.address() as AddressInfo).port;
    this.life = { kit, ledger, front, server };
  }

  async stop(): Promise<void> {
    if (this.life === undefined) return;
    const { front, kit } = this.life;
    await this.hangUp();
    await front.close();
    await kit.core.records.close();
  }

  async kill(): Promise<void> {
    if (this.life === undefined) return;
    this.life.ledger?.crash(false);
    const { front } = this.life;
    await this.hangUp();
    await front.close();
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.run();
  }

  pause(): void {
    this.held ??= [];
  }

  resume(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const answer of held) answer();
  }

  ask(
    method: string,
    path: string,
    body?: object,
    token = this.tokens.alice,
  ): Promise<{ status: number; json: unknown }> {
    return askOctostore(this.url + path, token, method, body);
  }

  private get alive(): Life {
    if (this.life === undefined) throw new Error('it does not run');
    return this.life;
  }

  /** Closes every connection. */
  private async hangUp(): Promise<void> {
    const { server } = this.alive;
    this.life = undefined;
    this.held = undefined;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }
}

function listOf(tokens: Readonly<Record<string, string>>): { readonly name: string; readonly token: string }[] {
  return Object.entries(tokens).map(([name, token]) => ({ name, token }));
}
