import { until } from './poll.js';
import { RedisServer, type RedisSettings } from './redis-server.js';
import { startAll } from './start-all.js';

/** A master, its replica, and three Sentinels that promote the replica half a second after the master has gone. */
export class RedisSentinels {
  /** What the Sentinels call it. */
  readonly name = 'rxlock';

  private constructor(
    /** The first master, whatever it is by now. */
    readonly master: RedisServer,
    /** The first replica, whatever it is by now. */
    readonly replica: RedisServer,
    readonly sentinels: readonly RedisServer[],
  ) {}

  /**
   * Starts them; whoever does so stops them. Resolves when each knows of the others.
   *
   * @param settings Of the master and the replica.
   */
  static async start(settings: RedisSettings = {}): Promise<RedisSentinels> {
    const started: RedisServer[] = [];
    const start = async (one: RedisSettings): Promise<RedisServer> => {
      const server = await RedisServer.start(one);
      started.push(server);
      return server;
    };
    try {
      const master = await start(settings);
      const replica = await start({ ...settings, replicaOf: master });
      const config = [
        `sentinel monitor rxlock 127.0.0.1 ${String(master.port)} 2`,
        'sentinel down-after-milliseconds rxlock 500',
        'sentinel failover-timeout rxlock 2000',
      ];
      const sentinels = await startAll([1, 2, 3].map(() => RedisServer.start({ isSentinel: true, config })));
      started.push(...sentinels);
      const all = new RedisSentinels(master, replica, sentinels);
      await until(() => all.isComplete(), 'Sentinels that know of each other', 30_000);
      return all;
    } catch (error) {
      await Promise.all(started.map((server) => server.stop()));
      throw error;
    }
  }

  /** Host and port of each Sentinel, as clients want them. */
  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.sentinels.map(({ host, port }) => ({ host, port }));
  }

  /** Which of the two is the master by now, as most Sentinels say. */
  async current(): Promise<RedisServer> {
    const ports = await Promise.all(
      this.sentinels.map(async (sentinel) => {
        const [, port] = (await sentinel.ask('SENTINEL', 'get-master-addr-by-name', this.name)) as readonly string[];
        return Number(port);
      }),
    );
    const promoted = ports.filter((port) => port === this.replica.port).length;
    return promoted >= 2 ? this.replica : this.master;
  }

  /** Kills the first master. Resolves when its replica has been promoted. */
  async failOver(): Promise<void> {
    await this.master.kill();
    await this.promoted();
  }

  /** Resolves when the replica has been promoted. */
  async promoted(): Promise<void> {
    const isPromoted = async (): Promise<boolean> =>
      (await this.current()) === this.replica && (await this.replica.info('role')) === 'master';
    await until(isPromoted, 'the fail-over', 30_000);
  }

  /** From now on the replica hears nothing any more of what is written on the master. */
  async blind(): Promise<void> {
    await this.replica.ask('CONFIG', 'SET', 'masteruser', 'nobody', 'masterauth', 'nothing');
    await this.master.ask('CLIENT', 'KILL', 'TYPE', 'replica');
    await until(async () => (await this.replica.info('master_link_status')) === 'down', 'a replica that hears nothing');
  }

  /** The replica hears again what is written on the master, and what it has missed. */
  async sight(): Promise<void> {
    await this.replica.ask('CONFIG', 'SET', 'masteruser', '', 'masterauth', '');
    await until(async () => (await this.replica.info('master_link_status')) === 'up', 'a replica that hears all');
  }

  async stop(): Promise<void> {
    await Promise.all([this.master, this.replica, ...this.sentinels].map((server) => server.stop()));
  }

  private async isComplete(): Promise<boolean> {
    const known = await Promise.all(
      this.sentinels.map(async (sentinel) => {
        const flat = (await sentinel.ask('SENTINEL', 'master', this.name)) as readonly string[];
        const of = (field: string): string | undefined => flat[flat.indexOf(field) + 1];
        return of('num-other-sentinels') === '2' && of('num-slaves') === '1' && of('flags') === 'master';
      }),
    );
    return known.every(Boolean) && (await this.replica.info('master_link_status')) === 'up';
  }
}
