import { dflockd, type DflockdOptions } from '../../../src/backends/dflockd/index.js';
import type { DistributedOptions } from '../../../src/compat/dflockd/index.js';
import { parseDuration } from '../../../src/index.js';
import type { DflockdStats } from '../../support/dflockd-client.js';
import {
  startDflockd,
  type DflockdKind,
  type DflockdSettings,
  type TestDflockd,
} from '../../support/dflockd-instance.js';
import { until } from '../../support/poll.js';
import { FaultProxy } from '../../support/proxy.js';
import { Cast } from './cast.js';
import type { Child, ChildOptions } from './child.js';
import { DropIn } from './drop-in.js';
import type { History } from './history.js';
import { PATIENCE, type Party } from './party.js';
import { TTL } from './scene.js';

/** A contender on a dflockd server. */
export type Contender = Party<undefined>;

/** A dflockd server of its own, a proxy before it, and contenders for one name. */
export class DflockdStage {
  private readonly cast = new Cast();
  private readonly dropIns: DropIn[] = [];

  private constructor(
    readonly server: TestDflockd,
    /** What the holder is connected to. */
    readonly wire: FaultProxy,
    /** What all who contend here are told of the server. */
    private readonly options: DflockdOptions,
  ) {}

  static async open(kind: DflockdKind, settings: DflockdSettings = {}): Promise<DflockdStage> {
    const server = await startDflockd(settings, kind);
    const { readTimeout } = settings;
    const options: DflockdOptions = { timeout: '1s' };
    const told = readTimeout === undefined ? options : { ...options, readTimeout: `${String(readTimeout)}s` as const };
    return new DflockdStage(server, await FaultProxy.start(server.port), told);
  }

  get name(): string {
    return this.cast.name;
  }

  get history(): History {
    return this.cast.history;
  }

  /** A client whose way to the server is full of faults. */
  holder(options: DflockdOptions = {}): Contender {
    return this.party('holder', { port: this.wire.port, ...options });
  }

  /** A client that nothing happens to. */
  other(who = 'other'): Contender {
    return this.party(who, { port: this.server.port });
  }

  /** A client of the documented kind, whose way to the server is full of faults. */
  dropIn(options: Partial<DistributedOptions> = {}): DropIn {
    const { readTimeout } = this.options;
    const told = readTimeout === undefined ? {} : { readTimeoutS: parseDuration(readTimeout) / 1000 };
    const lock = { key: this.name, port: this.wire.port, leaseTtlS: TTL / 1000, socketTimeoutMs: 1000 };
    const dropIn = new DropIn('holder', this.history, { ...lock, ...told, ...options });
    this.dropIns.push(dropIn);
    return dropIn;
  }

  /** A holder in a process of its own. */
  child(options: ChildOptions = {}): Child {
    const { readTimeout } = this.options;
    const told: ChildOptions = {
      backend: 'dflockd',
      port: this.wire.port,
      ...(readTimeout === undefined ? {} : { readTimeout: String(readTimeout) }),
    };
    return this.cast.child({ ...told, ...options });
  }

  /** Lets the fault happen. */
  strike(fault: () => unknown): Promise<void> {
    return this.cast.strike(fault);
  }

  /** Takes the lock as no client of ours, so that others queue. @returns What gives it back. */
  async occupy(): Promise<() => Promise<void>> {
    const first = await this.server.connect();
    const token = await first.take(this.name, '0 60');
    return async () => {
      const answer = await first.ask('r', this.name, token);
      if (answer !== 'ok') throw new Error(`answered ${answer}`);
    };
  }

  /** What the server says of itself, over a connection of its own. */
  async stats(): Promise<DflockdStats> {
    const client = await this.server.connect();
    const stats = await client.stats();
    client.close();
    return stats;
  }

  /** How many wait for the lock, and who has it, by the server's count. */
  async lock(): Promise<DflockdStats['locks'][number] | undefined> {
    return (await this.stats()).locks.find(({ key }) => key === this.name);
  }

  fate(): string {
    return this.cast.fate();
  }

  async settle(): Promise<void> {
    this.server.resume();
    await this.wire.heal();
    for (const one of this.dropIns) one.end();
    await this.cast.leave();
    await until(
      async () => {
        const { locks, semaphores } = await this.stats();
        return locks.length + semaphores.length === 0;
      },
      'a server that holds nothing any more',
      PATIENCE,
    );
  }

  async close(): Promise<void> {
    for (const one of this.dropIns) one.end();
    this.server.resume();
    await this.cast.end();
    await this.wire.stop();
    await this.server.stop();
  }

  private party(who: string, options: DflockdOptions): Contender {
    return this.cast.party(who, dflockd({ ...this.options, ...options }));
  }
}
