import { clientError } from './client-error.js';
import { changedKeys } from './changed-keys.js';
import { isSharded } from './is-sharded.js';
import { CHANGED, type RedisLink, type LinkUser, type OpenLink } from './link.js';

/** What is used of a socket. */
export interface IoredisStream {
  readonly writable?: boolean;
  readonly destroyed?: boolean;
  ref?(): void;
  unref?(): void;
  cork?(): void;
  uncork?(): void;
  destroy(): void;
}

/** What is used of ioredis's `Redis`. */
export interface IoredisClient {
  readonly options: Readonly<Record<string, unknown>>;
  readonly status: string;
  /** What it knows of its state: whether it listens to channels. */
  readonly condition?: { readonly subscriber?: unknown } | null;
  readonly stream?: IoredisStream | null;
  duplicate(override: Readonly<Record<string, unknown>>): IoredisClient;
  connect(): Promise<void>;
  disconnect(): void;
  call(command: string, args: readonly string[]): Promise<unknown>;
  on(event: 'error' | 'end' | 'connecting' | 'connect' | 'moved', listener: (error?: Error) => void): unknown;
  on(event: 'messageBuffer', listener: (channel: Uint8Array, message: unknown) => void): unknown;
  on(event: 'message' | 'smessage', listener: (channel: string, text: string) => void): unknown;
}

/** Rather gives up: what is lost is made anew by us, as then nothing of before comes along. */
const never = (): null => null;

/**
 * Of each connection of ours, whatever the user's own options are: sends at once or not at all, connects once, and answers as
 * RESP2 does.
 */
export const IOREDIS_OPTIONS: Readonly<Record<string, unknown>> = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  enableAutoPipelining: false,
  retryStrategy: never,
  sentinelRetryStrategy: never,
  // The user's might send a command again.
  reconnectOnError: null,
  maxRetriesPerRequest: null,
  // A command whose time was up would be executed all the same, and its reply be dropped.
  commandTimeout: undefined,
  blockingTimeout: undefined,
  socketTimeout: undefined,
  readOnly: false,
  monitor: undefined,
  // We destroy the socket ourselves; a timer for that would keep the process alive.
  disconnectTimeout: 1,
  stringNumbers: false,
  replyMapping: 'legacy',
  scripts: undefined,
  himportFieldsets: undefined,
};

/** {@link IOREDIS_OPTIONS}, if wanted so in RESP2. */
export function ioredisOptions(isOld = false): Readonly<Record<string, unknown>> {
  return isOld ? { ...IOREDIS_OPTIONS, protocol: 2 } : IOREDIS_OPTIONS;
}

/** Connections like that of a client. */
export function ioredisLinks(client: IoredisClient): OpenLink {
  return (user, isOld) => new IoredisLink(client.duplicate(ioredisOptions(isOld)), user);
}

/** A connection of ioredis, single or through Sentinel. */
export class IoredisLink implements RedisLink {
  /** Nobody sees it from outside: there is a password in it. */
  readonly #redis: IoredisClient;
  private isOver = false;
  private isNeeded = true;
  private isGathering = false;
  /** Why it fails: the promises and the end only say that it is closed. */
  private failure: Error | undefined;

  constructor(
    redis: IoredisClient,
    private readonly user: LinkUser,
  ) {
    this.#redis = redis;
    redis.on('error', (error) => {
      this.failure = clientError(error);
    });
    redis.on('connect', () => {
      this.refer();
    });
    redis.on('end', () => {
      this.lose();
    });
    const heard = (channel: string, text: string): void => {
      if (!this.isOver) this.user.message(channel, text);
    };
    redis.on('message', heard);
    redis.on('smessage', heard);
    // The slot of a channel has another master.
    redis.on('moved', () => {
      this.lose();
    });
    if (this.user.changed === undefined) return;
    redis.on('messageBuffer', (channel, message) => {
      if (String(channel) === CHANGED && !this.isOver) this.user.changed?.(changedKeys(message));
    });
  }

  async connect(): Promise<void> {
    try {
      const connected = this.#redis.connect();
      this.refer();
      await connected;
      this.refer();
    } catch (error) {
      throw this.failure ?? clientError(error);
    }
  }

  send(command: string, args: readonly string[]): Promise<unknown> {
    // It is told only later that its socket is gone.
    if (this.#redis.stream?.writable === false) this.lose();
    this.gather();
    // In lower case each version knows where the keys are, and puts the prefix before them.
    return this.#redis.call(command.toLowerCase(), args);
  }

  subscribe(channel: string): Promise<unknown> {
    if (!isSharded(channel)) return this.send('subscribe', [channel]);
    // Here the library takes a channel for a key. Nothing else that is sent on this link has one.
    (this.#redis.options as { keyPrefix?: string }).keyPrefix = '';
    return this.send('ssubscribe', [channel]).then(() => {
      // The first versions 5 know no such channels, and would take each message for an error.
      if (this.#redis.condition?.subscriber === false)
        throw new Error('ERR unknown command, to this version of ioredis');
    });
  }

  keepAlive(isNeeded: boolean): void {
    this.isNeeded = isNeeded;
    this.refer();
  }

  destroy(): void {
    this.isOver = true;
    this.#redis.disconnect();
    // By itself it would wait for the other side to close.
    this.#redis.stream?.destroy();
  }

  private lose(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.user.lost(this.failure ?? new Error('the connection to Redis was closed'));
  }

  /** Lets all that is sent in one turn go out in one write, which is the dearest part of a short command. */
  private gather(): void {
    const { stream } = this.#redis;
    if (this.isGathering || stream?.cork === undefined) return;
    this.isGathering = true;
    stream.cork();
    process.nextTick(() => {
      this.isGathering = false;
      stream.uncork?.();
    });
  }

  private refer(): void {
    const { stream } = this.#redis;
    // One that is closed would wait for its next connection to do it then.
    if (stream?.destroyed === true) return;
    if (this.isNeeded) stream?.ref?.();
    else stream?.unref?.();
  }
}
