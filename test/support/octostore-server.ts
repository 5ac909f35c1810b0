import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { afterAll, beforeAll, describe } from 'vitest';
import { askOctostore } from './ask-octostore.js';
import { findOctoStore } from '../../scripts/octostore.mjs';
import { FrontServer } from './octostore-front.js';
import { describeWithProgram } from './describe-with-program.js';
import { until } from './poll.js';
import { onFreePorts } from '../../scripts/lib/free-ports.mjs';
import { ServerProcess } from './server-process.js';
import { quickFolder } from './quick-folder.js';

/** A server that speaks OctoStore's API, on a free port of this machine, with what it stores and tokens of its own. */
export interface OctoStoreServer {
  readonly port: number;
  readonly url: string;
  /** Two users' bearer tokens. */
  readonly tokens: { readonly alice: string; readonly bob: string };
  /** Stops it in order. */
  stop(): Promise<void>;
  /** Kills it; what it stored stays. */
  kill(): Promise<void>;
  /** Starts it again after `kill()`. */
  run(): Promise<void>;
  /** Kills it and starts it again, on the same port and with what it stored. */
  restart(): Promise<void>;
  pause(): void;
  resume(): void;
  /** Asks it directly, past any client under test. */
  ask(method: string, path: string, body?: object, token?: string): Promise<{ status: number; json: unknown }>;
}

/** A real OctoStore server. */
export class RealOctoStore implements OctoStoreServer {
  private process: ServerProcess | undefined;

  private constructor(
    private readonly binary: string,
    private readonly folder: string,
    readonly port: number,
    readonly tokens: { readonly alice: string; readonly bob: string },
  ) {}

  /** Starts one; `binary` is looked for if it is not given. */
  static async start(binary = findOctoStore()): Promise<RealOctoStore> {
    if (binary === undefined) throw new Error('OctoStore is not installed');
    return onFreePorts(1, async (port) => {
      const tokens = { alice: randomUUID(), bob: randomUUID() };
      const server = new RealOctoStore(binary, quickFolder('octostore'), port, tokens);
      try {
        await server.run();
        return server;
      } catch (error) {
        await server.stop();
        throw error;
      }
    });
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  async stop(): Promise<void> {
    await this.process?.end('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }

  async kill(): Promise<void> {
    await this.process?.end();
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.run();
  }

  pause(): void {
    this.process?.pause();
  }

  resume(): void {
    this.process?.resume();
  }

  ask(
    method: string,
    path: string,
    body?: object,
    token = this.tokens.alice,
  ): Promise<{ status: number; json: unknown }> {
    return askOctostore(this.url + path, token, method, body);
  }

  async run(): Promise<void> {
    const server = new ServerProcess(this.binary, [], {
      env: {
        PATH: env['PATH'],
        RUST_LOG: 'error',
        BIND_ADDR: `127.0.0.1:${String(this.port)}`,
        DATABASE_URL: join(this.folder, 'octostore.db'),
        STATIC_TOKENS: `alice:${this.tokens.alice},bob:${this.tokens.bob}`,
        // All tests together campaign more often than one address may.
        PUBLIC_ELECTION_REQUESTS_PER_MINUTE: '100000',
      },
      stdio: 'ignore',
    });
    this.process = server;
    await until(async () => {
      server.assertRuns();
      // A server that has the port but not our token is somebody else's.
      return this.ask('GET', '/locks').then(
        ({ status }) => status === 200,
        () => false,
      );
    }, 'the start of the server');
  }
}

/** With this in the environment our own front is what all tests get in place of a real server. */
const IS_OURS = env['RXLOCK_OCTOSTORE'] === 'ours';

/**
 * A `describe` whose tests start OctoStore servers, each as many as it likes; see {@link describeWithProgram}.
 *
 * @param tests Gets what starts one; whoever does so stops it.
 */
export function describeWithOctoStores(name: string, tests: (start: () => Promise<OctoStoreServer>) => void): void {
  if (IS_OURS) {
    describe(name, () => {
      tests(() => FrontServer.start({ limits: { electionsPerMinute: 100_000 } }));
    });
    return;
  }
  const binary = findOctoStore();
  const missing = binary === undefined ? 'OctoStore is not installed; run: node scripts/octostore.mjs' : undefined;
  describeWithProgram(name, missing, () => {
    tests(() => RealOctoStore.start(binary));
  });
}

/**
 * A `describe` whose tests share one OctoStore server; see {@link describeWithOctoStores}.
 *
 * @param tests Gets the server by a function, as it runs only while the tests do.
 */
export function describeWithOctoStore(name: string, tests: (server: () => OctoStoreServer) => void): void {
  describeWithOctoStores(name, (start) => {
    let server: OctoStoreServer | undefined;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(async () => {
      await server?.stop();
    });
    tests(() => {
      if (server === undefined) throw new Error('the server runs only while tests do');
      return server;
    });
  });
}
