import { once } from 'node:events';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { builtProgram } from './built-programs.js';
import { onFreePorts } from '../../scripts/lib/free-ports.mjs';
import { ServerProcess } from './server-process.js';

const PROGRAM = 'test/support/native-process.ts';

export interface NativeSettings {
  /** A directory in which it keeps what is held. */
  readonly data?: string;
  /** It keeps nothing, has no fencing tokens, and grants nothing for so long after its start. Milliseconds. */
  readonly opensAfter?: number;
  readonly origins?: readonly string[];
}

/** A server of the native protocol in a process of its own, so that it can be paused and killed. */
export class NativeServer {
  port = 0;
  private process: ServerProcess | undefined;

  private constructor(private readonly settings: NativeSettings) {}

  static async start(settings: NativeSettings = {}): Promise<NativeServer> {
    const server = new NativeServer(settings);
    await onFreePorts(1, (port) => {
      server.port = port;
      return server.run();
    });
    return server;
  }

  get url(): string {
    return `ws://127.0.0.1:${String(this.port)}`;
  }

  /** Starts it, where it was before. */
  async run(): Promise<void> {
    const args = [builtProgram(PROGRAM), String(this.port), JSON.stringify(this.settings)];
    const process = new ServerProcess(execPath, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    this.process = process;
    const lines = createInterface({ input: process.child.stdout! });
    await Promise.race([once(lines, 'line'), once(process.child, 'exit')]);
    process.assertRuns();
  }

  pause(): void {
    this.process?.pause();
  }

  resume(): void {
    this.process?.resume();
  }

  async kill(): Promise<void> {
    await this.process?.end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.run();
  }

  async stop(): Promise<void> {
    await this.kill();
  }
}
