import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { Redis } from 'ioredis';
import { findRedis } from '../../scripts/redis.mjs';
import { until } from './poll.js';
import { onFreePorts } from '../../scripts/lib/free-ports.mjs';
import { ServerProcess } from './server-process.js';
import { quickFolder } from './quick-folder.js';

const HOST = '127.0.0.1';

/** How a Redis is set up. By default it keeps everything in memory only, and asks nobody for a password. */
export interface RedisSettings {
  /** Everything is on the disk before it is answered: a server that was killed knows it when it is started again. */
  readonly appendonly?: boolean;
  /** `'4mb'`, and it evicts nothing. */
  readonly maxmemory?: string;
  /** Of the user `default`. */
  readonly password?: string;
  /** Others that may log in, as `ACL SETUSER` has them: `'alice on >secret ~* &* +@all'`. */
  readonly users?: readonly string[];
  /** A certificate, which is its own authority, and its key. Then nothing else is spoken. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** It follows that one from its start on. */
  readonly replicaOf?: { readonly port: number };
  /** Watches over others instead of keeping data. */
  readonly isSentinel?: boolean;
  /** Any other lines of `redis.conf`. */
  readonly config?: readonly string[];
}

/** A real Redis on a free port of this machine, with a folder of its own. */
export class RedisServer {
  readonly host = HOST;
  private process: ServerProcess | undefined;
  private asking: Redis | undefined;

  private constructor(
    private readonly binary: string,
    readonly folder: string,
    readonly port: number,
    readonly settings: RedisSettings,
  ) {}

  /**
   * Starts one; whoever does so stops it.
   *
   * @param settings Or what makes them, for each try: somebody else may have taken a port of theirs meanwhile.
   */
  static async start(
    settings: RedisSettings | (() => Promise<RedisSettings>) = {},
    binary = findRedis(),
  ): Promise<RedisServer> {
    if (binary === undefined) throw new Error('redis-server is not installed; run: node scripts/redis.mjs');
    return onFreePorts(1, async (port) => {
      const its = typeof settings === 'function' ? await settings() : settings;
      const server = new RedisServer(binary, quickFolder('redis'), port, its);
      try {
        await server.run();
        return server;
      } catch (error) {
        await server.stop();
        throw error;
      }
    });
  }

  /** With the password of `default` in it, if there is one. */
  get url(): string {
    const { tls, password } = this.settings;
    const user = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
    return `${tls === undefined ? 'redis' : 'rediss'}://${user}${this.host}:${String(this.port)}`;
  }

  get pid(): number | undefined {
    return this.process?.pid;
  }

  /** A connection past any client under test. Its commands fail when the server is killed; a new one is there after that. */
  get admin(): Redis {
    if (this.asking === undefined || this.asking.status === 'end') {
      const { tls, password } = this.settings;
      this.asking = new Redis({
        host: this.host,
        port: this.port,
        ...(password === undefined ? {} : { password }),
        ...(tls === undefined ? {} : { tls: { ca: tls.cert } }),
        retryStrategy: null,
      });
      // Whoever asks is told.
      this.asking.on('error', () => undefined);
    }
    return this.asking;
  }

  /** Asks it something, past any client under test. */
  async ask(command: string, ...args: readonly (string | number)[]): Promise<unknown> {
    return this.admin.call(command, ...args);
  }

  /** Starts it again after `kill()`. */
  async run(): Promise<void> {
    const data = join(this.folder, 'data');
    await mkdir(data, { recursive: true });
    const conf = join(this.folder, 'redis.conf');
    // A Sentinel goes on from what it has written there itself.
    await writeFile(conf, await this.lines(data), { flag: this.settings.isSentinel === true ? 'wx' : 'w' }).catch(
      onExists,
    );
    const args = this.settings.isSentinel === true ? [conf, '--sentinel'] : [conf];
    const server = new ServerProcess(this.binary, args, { env: { PATH: env['PATH'] }, stdio: 'ignore' });
    this.process = server;
    await until(async () => {
      server.assertRuns();
      // A server that has the port but another process's id is somebody else's.
      return this.info('process_id').then(
        (pid) => pid === String(server.pid),
        () => false,
      );
    }, 'the start of the server');
  }

  /** Kills it, so that it can do nothing about it. */
  async kill(): Promise<void> {
    this.asking?.disconnect();
    await this.process?.end();
    this.process = undefined;
  }

  /**
   * Kills it and starts it again on the same port.
   *
   * @param options With `isEmpty` it has lost what was on the disk. What was in memory only is lost anyway.
   */
  async restart({ isEmpty = false }: { readonly isEmpty?: boolean } = {}): Promise<void> {
    await this.kill();
    if (isEmpty) await rm(join(this.folder, 'data'), { recursive: true, force: true });
    await this.run();
  }

  /** Stops it dead: its connections stay open, and nothing is answered. */
  pause(): void {
    this.process?.pause();
  }

  resume(): void {
    this.process?.resume();
  }

  /** Ends it, and leaves nothing behind. */
  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A line of what it says of itself, by its name. */
  async info(name: string): Promise<string | undefined> {
    const text = await this.admin.info();
    return new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(text)?.[1];
  }

  private async lines(data: string): Promise<string> {
    const { appendonly, maxmemory, password, users = [], tls, replicaOf, isSentinel, config = [] } = this.settings;
    const port = String(this.port);
    const lines = [`bind ${this.host}`, `dir ${data}`, 'protected-mode no'];
    if (tls === undefined) lines.push(`port ${port}`);
    else {
      const files = { cert: join(this.folder, 'cert.pem'), key: join(this.folder, 'key.pem') };
      await Promise.all([writeFile(files.cert, tls.cert), writeFile(files.key, tls.key)]);
      lines.push('port 0', `tls-port ${port}`, 'tls-auth-clients no', `tls-ca-cert-file ${files.cert}`);
      lines.push(`tls-cert-file ${files.cert}`, `tls-key-file ${files.key}`);
    }
    if (isSentinel !== true) lines.push('save ""', 'repl-diskless-sync-delay 0');
    if (appendonly === true) lines.push('appendonly yes', 'appendfsync always');
    if (maxmemory !== undefined) lines.push(`maxmemory ${maxmemory}`, 'maxmemory-policy noeviction');
    if (password !== undefined) lines.push(`requirepass ${password}`);
    if (replicaOf !== undefined) lines.push(`replicaof ${this.host} ${String(replicaOf.port)}`);
    return [...lines, ...users.map((user) => `user ${user}`), ...config, ''].join('\n');
  }
}

function onExists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
