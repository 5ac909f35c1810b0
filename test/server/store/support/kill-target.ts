import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { onFreePorts } from '../../../../scripts/lib/free-ports.mjs';
import { builtProgram } from '../../../support/built-programs.js';
import { ServerProcess } from '../../../support/server-process.js';
import { quickFolder } from '../../../support/quick-folder.js';

/** A server's program. */
export interface Program {
  /** In the project. */
  readonly file: string;
  args(of: { readonly dir: string; readonly http: number; readonly dflockd: number }): readonly string[];
}

/** One that needs no token for dflockd and the native protocol. @param how It is broken so. */
export const target = (...how: readonly string[]): Program => ({
  file: 'test/server/store/support/target.ts',
  args: ({ dir, http, dflockd }) => [dir, String(http), String(dflockd), ...how],
});
const TARGET = target();

/** `rxlock serve`. @param tokens A file with tokens of users. */
export const command = (tokens: string): Program => ({
  file: 'src/cli/main.ts',
  args: ({ dir, http, dflockd }) => [
    ...['serve', '--data', dir, '--token-file', tokens, '--log-level', 'error'],
    ...['--ws', String(http), '--http', String(http), '--dflockd', String(dflockd)],
  ],
});

/** A server in a process of its own that keeps its locks in a directory, to be killed and started again. */
export class KillTarget {
  private readonly folder = quickFolder('killed');
  private process: ServerProcess | undefined;
  ports = { http: 0, dflockd: 0 };

  /**
   * @param place Where its directory is. In one of its own by default.
   * @param source What is run, and with what beside directory and ports.
   */
  constructor(
    private readonly place?: string,
    private readonly source: Program = TARGET,
  ) {}

  get dir(): string {
    return join(this.place ?? this.folder, 'data');
  }

  /** Resolves when it listens. @param flags Of Node. @returns How long that took, in milliseconds. */
  async start(flags: readonly string[] = []): Promise<number> {
    if (this.ports.http !== 0) return this.run(flags);
    return onFreePorts(2, (http, dflockd) => {
      this.ports = { http, dflockd };
      return this.run(flags);
    });
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

  private async run(flags: readonly string[]): Promise<number> {
    const startedAt = performance.now();
    const made = new ServerProcess(
      process.execPath,
      [...flags, builtProgram(this.source.file), ...this.source.args({ dir: this.dir, ...this.ports })],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    this.process = made;
    await Promise.race([once(made.child.stdout as NodeJS.ReadableStream, 'data'), once(made.child, 'exit')]);
    made.assertRuns();
    return performance.now() - startedAt;
  }
}
