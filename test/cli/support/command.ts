import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { builtProgram } from '../../support/built-programs.js';
import { until } from '../../support/poll.js';

/** The command's program. */
export const mainProgram = (): string => builtProgram('src/cli/main.ts');
/** On machines that are busy. */
const PATIENCE = 60_000;
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** The command in a process of its own. */
export class RunningCommand {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  private readonly exited: Promise<unknown[]>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const { PATH = '' } = process.env;
    this.child = spawn(execPath, [mainProgram(), ...args], { env: { PATH, ...env } });
    running.add(this.child);
    this.exited = once(this.child, 'close');
    void this.exited.then(() => running.delete(this.child));
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
  }

  get log(): readonly Record<string, unknown>[] {
    return this.stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Waits until it has logged such an event. */
  async logs(event: string, count = 1): Promise<void> {
    const has = (): boolean => this.log.filter((entry) => entry['event'] === event).length >= count;
    await until(() => has() || this.child.exitCode !== null, `'${event}' in the log`, PATIENCE);
    if (!has()) throw new Error(`it ended: ${this.stderr}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Its exit code, or the signal that ended it. */
  async ended(): Promise<unknown> {
    const [code, signal] = await this.exited;
    return code ?? signal;
  }

  /** Where a front listens, as it has logged. */
  port(name: string): number {
    const ready = this.log.find(({ event }) => event === 'ready');
    return Number(new URL(String(ready?.[name]).replace(/^\w+:/, 'http:').replace(/ .*/, '')).port);
  }
}
