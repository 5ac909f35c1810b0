import { changedKeys } from './changed-keys.js';
import { clientError } from './client-error.js';
import { isSharded } from './is-sharded.js';
import { keyRange } from './key-range.js';
import { CHANGED, type LinkUser, type OpenLink, type RedisLink } from './link.js';

/** What is used of node-redis's client. */
export interface NodeRedisClient {
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  readonly isOpen: boolean;
  readonly isReady: boolean;
  duplicate(override: Readonly<Record<string, unknown>>): NodeRedisClient;
  connect(): Promise<unknown>;
  destroy(): void;
  sendCommand(args: readonly string[]): Promise<unknown>;
  subscribe(channel: string, listener: (text: string, channel: string) => void): Promise<unknown>;
  sSubscribe(channel: string, listener: (text: string, channel: string) => void): Promise<unknown>;
  on(event: 'error' | 'connect' | 'end', listener: (error?: Error) => void): unknown;
  on(event: 'sharded-channel-moved', listener: () => void): unknown;
  ref(): void;
  unref(): void;
}

/** As RESP2 has them, by the bytes that they begin with in RESP3: maps and sets are lists, doubles and big numbers strings. */
const TYPE_MAPPING = { 37: Array, 126: Array, 44: String, 40: String };

/**
 * Of each connection of ours, whatever the user's own options are: sends at once or not at all, connects once, and answers as
 * RESP2 does.
 */
export function nodeRedisOptions(socket: unknown, isOld = false): Readonly<Record<string, unknown>> {
  return {
    ...(isOld ? { RESP: 2 } : {}),
    socket: { ...(socket as object | undefined), reconnectStrategy: false, socketTimeout: undefined },
    disableOfflineQueue: true,
    // Their time-outs are not ours, and they would move commands to another connection.
    maintNotifications: 'disabled',
    commandOptions: { timeout: undefined, typeMapping: TYPE_MAPPING },
    commandsQueueMaxLength: undefined,
    pingInterval: undefined,
    readonly: false,
    clientSideCache: undefined,
    emitInvalidate: undefined,
    // The library does it for some commands only: here it is done for all.
    keyPrefix: undefined,
  };
}

/** Connections like that of a client. */
export function nodeRedisLinks(client: NodeRedisClient, keyPrefix: string): OpenLink {
  return (user, isOld) =>
    new NodeRedisLink(client.duplicate(nodeRedisOptions(client.options?.['socket'], isOld)), user, keyPrefix);
}

/** A connection of node-redis. */
export class NodeRedisLink implements RedisLink {
  /** Nobody sees it from outside: there is a password in it. */
  readonly #client: NodeRedisClient;
  private isOver = false;
  /** Is there a socket that it would destroy? Of one that is still connecting it knows nothing. */
  private hasSocket = false;

  constructor(
    client: NodeRedisClient,
    private readonly user: LinkUser,
    private readonly keyPrefix = '',
  ) {
    this.#client = client;
    const lost = (error?: Error): void => {
      if (this.isOver) return;
      this.destroy();
      this.user.lost(clientError(error ?? new Error('the connection to Redis was closed')));
    };
    client.on('error', lost);
    client.on('end', lost);
    client.on('sharded-channel-moved', () => {
      lost(new Error('the slot of the channel has another master'));
    });
    client.on('connect', () => {
      this.hasSocket = true;
      if (this.isOver) this.end();
    });
  }

  async connect(): Promise<void> {
    await this.#client.connect();
  }

  send(command: string, args: readonly string[]): Promise<unknown> {
    return this.#client.sendCommand([command, ...this.prefixed(command, args)]);
  }

  subscribe(channel: string): Promise<unknown> {
    const heard = (text: string, from: string): void => {
      if (this.isOver) return;
      if (from === CHANGED) this.user.changed?.(changedKeys(text));
      else this.user.message(from, text);
    };
    return isSharded(channel) ? this.#client.sSubscribe(channel, heard) : this.#client.subscribe(channel, heard);
  }

  keepAlive(isNeeded: boolean): void {
    if (isNeeded) this.#client.ref();
    else this.#client.unref();
  }

  destroy(): void {
    this.isOver = true;
    // No process waits for one that is not wanted any more.
    this.#client.unref();
    if (this.hasSocket) this.end();
  }

  private end(): void {
    try {
      this.#client.destroy();
    } catch {
      // It was closed by itself.
    }
  }

  private prefixed(command: string, args: readonly string[]): readonly string[] {
    if (this.keyPrefix === '') return args;
    const [from, to] = keyRange(command, args);
    return args.map((arg, index) => (index >= from && index < to ? this.keyPrefix + arg : arg));
  }
}
