import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerProcess } from '../../../support/server-process.js';

/** What `tsup` builds with. */
interface Builder {
  buildSync(options: object): unknown;
}

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/** A server in a process of its own that keeps its locks in a directory, to be killed and started again. */
export class KillTarget {
  private readonly folder: string;
  private process: ServerProcess | undefined;
  ports = { http: 0, dflockd: 0 };

  /** @param place Where its directory is. Beside its program by default. */
  constructor(private readonly place?: string) {
    // Within the project, so that what it imports is found.
    const builds = join(ROOT, 'build');
    mkdirSync(builds, { recursive: true });
    this.folder = mkdtempSync(join(builds, 'killed-'));
    const require = createRequire(import.meta.url);
    const { buildSync } = createRequire(require.resolve('tsup'))('esbuild') as Builder;
    buildSync({
      entryPoints: [join(ROOT, 'test/server/store/support/target.ts')],
      outfile: this.program,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
    });
  }

  get dir(): string {
    return join(this.place ?? this.folder, 'data');
  }

  private get program(): string {
    return join(this.folder, 'target.mjs');
  }

  /** Resolves when it listens. @param flags Of Node. @returns How long that took, in milliseconds. */
  async start(flags: readonly string[] = []): Promise<number> {
    if (this.ports.http === 0) this.ports = { http: await freePort(), dflockd: await freePort() };
    const startedAt = performance.now();
    const made = new ServerProcess(
      process.execPath,
      [...flags, this.program, this.dir, String(this.ports.http), String(this.ports.dflockd)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    this.process = made;
    await Promise.race([once(made.child.stdout as NodeJS.ReadableStream, 'data'), once(made.child, 'exit')]);
    made.assertRuns();
    return performance.now() - startedAt;
  }

  signal(signal: NodeJS.Signals): void {
    this.process?.child.kill(signal);
  }

  async kill(): Promise<void> {
    await this.process?.end('SIGKILL');
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
