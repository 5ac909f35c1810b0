import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { firstValueFrom } from 'rxjs';
import { socket, type SocketBackend, type SocketOptions } from '../../../src/backends/socket/index.js';
import { createLocks } from '../../../src/index.js';
import { NativeServer, type NativeSettings } from '../../support/native-server.js';
import { until } from '../../support/poll.js';
import { FaultProxy } from '../../support/proxy.js';
import { Cast } from './cast.js';
import type { Child, ChildOptions } from './child.js';
import type { History } from './history.js';
import { PATIENCE, type Party } from './party.js';
import type { QueueStage } from './queue-scene.js';
import { declareRows, type DeclareRow, type RowOptions } from './rows.js';
import { quickFolder } from '../../support/quick-folder.js';

/** What a row may need. */
export interface SocketRowOptions extends RowOptions {
  readonly server?: NativeSettings;
  /** Does the server keep what is held in a directory of its own? */
  readonly isDurable?: boolean;
}

/** A server of the native protocol in a process of its own, a proxy before it that the holder is connected to, and contenders for one name. */
export class SocketStage implements QueueStage {
  private readonly cast = new Cast();

  private constructor(
    readonly server: NativeServer,
    readonly wire: FaultProxy,
    private readonly folder: string | undefined,
    private readonly options: Pick<SocketOptions, 'fencing'>,
  ) {}

  static async open({ server: settings, isDurable = false }: SocketRowOptions = {}): Promise<SocketStage> {
    const folder = isDurable ? quickFolder('socket') : undefined;
    const data = folder === undefined ? {} : { data: join(folder, 'data') };
    const server = await NativeServer.start({ ...settings, ...data });
    const options = settings?.opensAfter === undefined ? {} : { fencing: false };
    return new SocketStage(server, await FaultProxy.start(server.port), folder, options);
  }

  get name(): string {
    return this.cast.name;
  }

  get history(): History {
    return this.cast.history;
  }

  holder(options: SocketOptions = {}): Party {
    return this.party('holder', this.wire.port, options);
  }

  other(who = 'other', options: SocketOptions = {}): Party {
    return this.party(who, this.server.port, options);
  }

  /** A holder in a process of its own. */
  child(options: ChildOptions = {}): Child {
    return this.cast.child({ backend: 'socket', port: this.wire.port, ...options });
  }

  async occupy(): Promise<() => Promise<void>> {
    const locks = createLocks(this.backend(this.server.port, {}));
    await locks.acquire(this.name, '60s');
    return () => locks.close();
  }

  strike(fault: () => unknown): Promise<void> {
    return this.cast.strike(fault);
  }

  fate(): string {
    return this.cast.fate();
  }

  async settle(): Promise<void> {
    await this.heal();
    await this.cast.leave();
    const looker = this.backend(this.server.port, {});
    let left: readonly string[] = [];
    const isEmpty = async (): Promise<boolean> => {
      const statuses = await firstValueFrom(looker.list!()).catch(() => undefined);
      left = statuses?.map(({ name }) => name) ?? ['nobody answers'];
      return left.length === 0;
    };
    try {
      await until(isEmpty, 'a server that holds nothing any more', PATIENCE);
    } catch (error) {
      throw new Error(`left behind: ${left.join()}`, { cause: error });
    } finally {
      await looker.close();
    }
  }

  async close(): Promise<void> {
    await this.heal();
    await this.cast.end();
    await this.wire.stop();
    await this.server.stop();
    if (this.folder !== undefined) await rm(this.folder, { recursive: true, force: true });
  }

  private async heal(): Promise<void> {
    this.server.resume();
    await this.wire.heal();
  }

  private party(who: string, port: number, options: SocketOptions): Party {
    // Without tokens nobody looks at them.
    return this.cast.party(who, this.backend(port, options)) as Party;
  }

  private backend(port: number, options: SocketOptions): SocketBackend<boolean> {
    return socket({ url: `ws://127.0.0.1:${String(port)}`, timeout: '1s', ...this.options, ...options });
  }
}

/** Rows of the table of faults, each on a server of its own. */
export function socketRows(declare: (row: DeclareRow<SocketStage, SocketRowOptions>) => void): void {
  declareRows((options) => SocketStage.open(options), declare);
}
