import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { findOctoStore } from '../../scripts/octostore.mjs';
import { until } from './poll.js';

const STARTS = 5;

/** A test run that dies must not leave servers behind. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A real OctoStore server on a free port of this machine, with a database and tokens of its own. */
export class OctoStoreServer {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly binary: string,
    private readonly folder: string,
    readonly port: number,
    /** Two users' bearer tokens. */
    readonly tokens: { readonly alice: string; readonly bob: string },
  ) {}

  /** Starts one; `binary` is looked for if it is not given. */
  static async start(binary = findOctoStore()): Promise<OctoStoreServer> {
    if (binary === undefined) throw new Error('OctoStore is not installed');
    const folder = await mkdtemp(join(tmpdir(), 'rxlock-octostore-'));
    for (let tries = 1; ; tries++) {
      const tokens = { alice: randomUUID(), bob: randomUUID() };
      const server = new OctoStoreServer(binary, folder, await freePort(), tokens);
      try {
        await server.run();
        return server;
      } catch (error) {
        // Somebody else may have taken the port meanwhile.
        if (tries === STARTS) throw error;
      }
    }
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  /** Stops it in order. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Kills it; its database stays. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Kills it and starts it again, on the same port and with the same database. */
  async restart(): Promise<void> {
    await this.kill();
    await this.run();
  }

  /** Stops it dead: its connections stay open, and nothing is answered. */
  pause(): void {
    const { child } = this;
    child?.kill('SIGSTOP');
    // A busy machine takes its time to stop each thread, and one that still runs may answer.
    while (child?.pid !== undefined && child.exitCode === null && !standsStill(child.pid)) continue;
  }

  resume(): void {
    this.child?.kill('SIGCONT');
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
    return { status: response.status, json: text === '' ? undefined : (JSON.parse(text) as unknown) };
  }

  /** Starts it again after `kill()`. */
  async run(): Promise<void> {
    const child = spawn(this.binary, {
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
    this.child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`the server ended with ${String(child.exitCode)}`);
      // A server that has the port but not our token is somebody else's.
      return this.ask('GET', '/locks').then(
        ({ status }) => status === 200,
        () => false,
      );
    }, 'the start of the server');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill(signal);
    await exit;
  }
}

/** Have all threads of a process stopped? Only Linux tells. */
function standsStill(pid: number): boolean {
  const tasks = `/proc/${String(pid)}/task`;
  if (!existsSync(tasks)) return true;
  try {
    return readdirSync(tasks).every((task) => /\) [TtZX] /.test(readFileSync(`${tasks}/${task}/stat`, 'latin1')));
  } catch {
    // A thread has ended meanwhile.
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * A `describe` whose tests start real OctoStore servers, each as many as it likes. Where there is none they are skipped,
 * with a word of why; with `CI=true` that is a failure.
 *
 * @param tests Gets what starts one; whoever does so stops it.
 */
export function describeWithOctoStores(name: string, tests: (start: () => Promise<OctoStoreServer>) => void): void {
  const binary = findOctoStore();
  if (binary !== undefined) {
    describe(name, () => {
      tests(() => OctoStoreServer.start(binary));
    });
    return;
  }
  const reason = 'OctoStore is not installed; run: node scripts/octostore.mjs';
  if (env['CI'] === 'true') {
    describe(name, () => {
      it('has a real OctoStore server', () => {
        throw new Error(reason);
      });
    });
    return;
  }
  console.warn(`skipped: ${name}: ${reason}`);
  describe.skip(name, () => {
    tests(() => Promise.reject(new Error(reason)));
  });
}

/**
 * A `describe` whose tests share one real OctoStore server; see {@link describeWithOctoStores}.
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
