import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { buildPrograms } from '../../support/built-programs.js';
import { until } from '../../support/poll.js';
import { threadedBuild } from '../../support/threaded-build.js';
import type { History, Told } from './history.js';
import type { Line, Order } from './holder.js';
import { PATIENCE } from './party.js';

/** How a holder's process is started. */
export interface ChildOptions {
  readonly backend?: 'octostore' | 'dflockd' | 'drop-in' | 'memory' | 'redis' | 'socket';
  /** Milliseconds; 3000 by default. */
  readonly ttl?: number;
  /** How fast its clock runs; 1 by default. */
  readonly rate?: number;
  /**
   * When its belief in a lock ends: when it is told so (the default, right for a process that runs), or by the stamp of
   * the event (for one that stands still).
   */
  readonly believes?: 'told' | 'at';
  /** How long an answer may take; `'1s'` by default. */
  readonly timeout?: string;
  readonly baseUrl?: string;
  readonly token?: string;
  /** Of a dflockd server, or a Redis. */
  readonly port?: number;
  /** That of a dflockd server. */
  readonly readTimeout?: string;
  /** Runs its backend in a worker, for a main thread that may stand still so long. */
  readonly stallLimit?: string;
}

/** Built once in a process. */
let programs: { readonly holder: string; readonly clock: string } | undefined;

/** A holder in a process of its own; see `holder.ts`. */
export class Child {
  readonly lines: Line[] = [];
  private readonly process: ChildProcess;
  private isKilled = false;

  constructor(
    private readonly who: string,
    name: string,
    private readonly history: History,
    options: ChildOptions,
  ) {
    const { backend = 'octostore', ttl = 3000, rate = 1, believes = 'told', timeout = '1s', baseUrl, token } = options;
    const { port, readTimeout, stallLimit } = options;
    programs ??= buildPrograms({
      holder: 'test/faults/support/holder.ts',
      clock: 'test/faults/support/holder-clock.ts',
    });
    const { holder, clock } = programs;
    const args = ['--import', pathToFileURL(clock).href, holder, name, `${String(ttl)}ms`, backend];
    this.process = spawn(process.execPath, args, {
      env: {
        ...process.env,
        CLOCK_RATE: String(rate),
        HOLDER_TIMEOUT: timeout,
        ...(baseUrl === undefined ? {} : { OCTOSTORE_BASE_URL: baseUrl }),
        ...(token === undefined ? {} : { OCTOSTORE_TOKEN: token }),
        ...(port === undefined ? {} : { HOLDER_PORT: String(port) }),
        ...(readTimeout === undefined ? {} : { HOLDER_READ_TIMEOUT: readTimeout }),
        ...(stallLimit === undefined ? {} : { HOLDER_THREADED: JSON.stringify({ ...threadedBuild(), stallLimit }) }),
      },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    createInterface({ input: this.process.stdout! }).on('line', (text) => {
      const line = JSON.parse(text) as Line;
      this.lines.push(line);
      if (line.type === 'blocking' || line.type === 'look') return;
      const type = line.type as Told['type'];
      history.all.push({ ...line, type, told: type === 'lost' && believes === 'at' ? line.at : line.told });
    });
  }

  count(type: string, who = this.who): number {
    return this.lines.filter((line) => line.type === type && line.who === who).length;
  }

  /** Resolves when it has said something so often. */
  async said(type: string, times = 1, who = this.who): Promise<void> {
    const enough = (): boolean => {
      if (this.process.exitCode !== null) throw new Error(`the child ended with ${String(this.process.exitCode)}`);
      return this.count(type, who) >= times;
    };
    await until(enough, `${type} (${String(times)}) of the ${who}`, PATIENCE);
  }

  /** What it said from then on. Real time, in epoch milliseconds. */
  since(time: number): readonly Line[] {
    return this.lines.filter(({ told }) => told >= time);
  }

  order(order: Order): void {
    this.process.send(order);
  }

  /** Lets it stand still. */
  stop(): void {
    this.process.kill('SIGSTOP');
  }

  continue(): void {
    this.process.kill('SIGCONT');
  }

  /** Ends it in the middle of whatever it does. It believes in nothing any more. */
  kill(): void {
    this.isKilled = true;
    this.process.kill('SIGKILL');
    const last = this.lines.findLast(({ type }) => type === 'acquired' || type === 'lost' || type === 'released');
    if (last?.type !== 'acquired') return;
    const now = Date.now();
    this.history.all.push({ ...last, type: 'lost', at: now, told: now });
  }

  /** Ends it in order; fails if it has ended in another way. */
  async end(): Promise<void> {
    const { process: child } = this;
    if (this.isKilled) return;
    this.continue();
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      this.order({ do: 'end' });
      await exit;
    }
    if (child.exitCode !== 0) throw new Error(`the child ended with ${String(child.exitCode ?? child.signalCode)}`);
  }
}
