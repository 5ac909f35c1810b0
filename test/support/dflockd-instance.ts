import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { dflockdServer, type DflockdServer } from '../../src/server/dflockd/dflockd-server.js';
import type { DflockdServerOptions } from '../../src/server/dflockd/options.js';
import { builtProgram } from './built-programs.js';
import { DflockdClient, type Address } from './dflockd-client.js';
import { until } from './poll.js';
import { onFreePorts } from '../../scripts/lib/free-ports.mjs';
import { ServerProcess } from './server-process.js';

const OWN_PROCESS = 'test/support/dflockd-process.ts';

/** What both servers understand. Times are whole seconds. */
export interface DflockdSettings {
  readonly auth?: string;
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly defaultLease?: number;
  readonly readTimeout?: number;
  readonly writeTimeout?: number;
  readonly idle?: number;
  readonly autoRelease?: boolean;
  readonly maxLocks?: number;
  readonly maxWaiters?: number;
  readonly maxConnections?: number;
  /** Runs the project's own server in a process of its own, so that it can be paused and killed. */
  readonly apart?: boolean;
}

/** Which of the two servers. */
export type DflockdKind = 'own' | 'real';

/** A server of the dflockd protocol on a free port of this machine. */
export class TestDflockd implements Address {
  port = 0;
  readonly host = '127.0.0.1';
  private own: DflockdServer | undefined;
  private process: ServerProcess | undefined;
  private folder: string | undefined;
  private readonly clients = new Set<DflockdClient>();

  constructor(
    readonly kind: DflockdKind,
    private readonly settings: DflockdSettings,
  ) {}

  get ca(): string | undefined {
    return this.settings.tls?.cert;
  }

  /** Of its process, if it has one of its own. */
  get pid(): number | undefined {
    return this.process?.pid;
  }

  get url(): string {
    return `dflockd://${this.host}:${String(this.port)}`;
  }

  /** A connection to it; closed when the server is stopped. */
  async connect(): Promise<DflockdClient> {
    const client = await DflockdClient.connect(this);
    this.clients.add(client);
    client.socket.once('close', () => this.clients.delete(client));
    return client;
  }

  /** Starts it; again, on the same port, after `kill()`. */
  async run(): Promise<void> {
    if (this.kind === 'own' && this.settings.apart !== true) {
      this.own = await dflockdServer(this.ownOptions());
      this.port = this.own.port;
      return;
    }
    const run = (): Promise<void> => (this.kind === 'own' ? this.runApart() : this.runReal());
    if (this.port !== 0) return run();
    return onFreePorts(1, (port) => {
      this.port = port;
      return run();
    });
  }

  /** Stops it in order, and closes every connection that it gave. */
  async stop(): Promise<void> {
    for (const client of this.clients) client.close();
    await this.own?.close();
    this.own = undefined;
    await this.end();
    if (this.folder !== undefined) await rm(this.folder, { recursive: true, force: true });
    this.folder = undefined;
  }

  /** Kills it. What it knew is lost. */
  async kill(): Promise<void> {
    if (this.own !== undefined) throw new Error('start the server with { apart: true } to kill it');
    await this.end();
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.run();
  }

  /** Stops it dead: its connections stay open, and nothing is answered. */
  pause(): void {
    if (this.process === undefined) throw new Error('start the server with { apart: true } to pause it');
    this.process.pause();
  }

  resume(): void {
    this.process?.resume();
  }

  private ownOptions(): DflockdServerOptions {
    const { apart: _apart, defaultLease, readTimeout, writeTimeout, idle, ...others } = this.settings;
    return {
      host: this.host,
      port: this.port,
      defaultLease: seconds(defaultLease),
      readTimeout: seconds(readTimeout),
      writeTimeout: seconds(writeTimeout),
      idle: seconds(idle),
      ...others,
    };
  }

  private async runApart(): Promise<void> {
    const { child } = this.spawn(execPath, [builtProgram(OWN_PROCESS), ...(await this.flags())]);
    const lines = createInterface({ input: child.stdout! });
    const first = Promise.race([once(lines, 'line'), once(child, 'exit').then(() => [])]);
    const [line] = (await first) as string[];
    if (line === undefined) throw new Error('the server has ended');
    this.port = Number(line);
  }

  private async runReal(): Promise<void> {
    const binary = env['DFLOCKD_BIN'];
    if (binary === undefined) throw new Error('DFLOCKD_BIN names no server');
    const server = this.spawn(binary, await this.flags());
    try {
      await until(async () => {
        server.assertRuns();
        return accepts(this.port);
      }, 'the start of the server');
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  private async flags(): Promise<string[]> {
    const { auth, tls, autoRelease, ...numbers } = this.settings;
    const flags = ['--host', this.host, '--port', String(this.port)];
    for (const [name, value] of Object.entries(numbers)) {
      const flag = FLAGS[name];
      if (flag !== undefined && value !== undefined) flags.push(flag, String(value));
    }
    if (auth !== undefined) flags.push('--auth-token', auth);
    if (autoRelease !== undefined) flags.push(`--auto-release-on-disconnect=${String(autoRelease)}`);
    if (tls !== undefined) {
      this.folder ??= await mkdtemp(join(tmpdir(), 'rxlock-dflockd-'));
      for (const part of ['cert', 'key'] as const) {
        const file = join(this.folder, `${part}.pem`);
        await writeFile(file, tls[part]);
        flags.push(`--tls-${part}`, file);
      }
    }
    return flags;
  }

  private spawn(command: string, args: string[]): ServerProcess {
    this.process = new ServerProcess(command, args, {
      env: { PATH: env['PATH'] },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return this.process;
  }

  private async end(): Promise<void> {
    const { process } = this;
    this.process = undefined;
    await process?.end();
  }
}

const FLAGS: Readonly<Record<string, string>> = {
  defaultLease: '--default-lease-ttl',
  readTimeout: '--read-timeout',
  writeTimeout: '--write-timeout',
  idle: '--gc-max-idle',
  maxLocks: '--max-locks',
  maxWaiters: '--max-waiters',
  maxConnections: '--max-connections',
};

function seconds(value: number | undefined): `${number}s` | undefined {
  return value === undefined ? undefined : `${value}s`;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/**
 * Starts a server on a free port; whoever starts it stops it.
 *
 * @param kind The project's own by default.
 */
export async function startDflockd(settings: DflockdSettings = {}, kind: DflockdKind = 'own'): Promise<TestDflockd> {
  const server = new TestDflockd(kind, settings);
  await server.run();
  return server;
}
