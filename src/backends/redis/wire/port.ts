/** What Redis answers, in RESP2 and RESP3 alike: maps as flat lists, doubles and booleans as RESP2 has them. */
export type Reply = string | number | null | readonly Reply[];

/** A server of a Redis that keys are stored on. */
export interface RedisNode {
  /** As {@link RedisPort.send}. */
  send(command: string, args: readonly string[]): Promise<Reply>;
}

/** Keys that somebody else has changed or removed; or it may be any. */
export type ChangedKeys = readonly string[] | 'all';

/** Of whoever listens to a channel. */
export interface ChannelListener {
  message(text: string): void;
  /** Messages may have been missed: the connection was lost, and is there again. */
  missed(): void;
}

/**
 * All that rxlock needs of a Redis client: one file for each client library.
 *
 * Its connections are its own, made like those of the user's client. It sends at once or not at all: it never queues, never
 * resends, and knows no time limit. Whoever asks has those.
 */
export interface RedisPort {
  /** Hosts and ports, for messages. No credentials. */
  readonly where: string;
  /** Does each key have a hash slot, so that the keys of one command must all be in one? */
  readonly isCluster: boolean;
  /** What the client puts before each key by itself; channels and patterns do not get it. `''` by default. */
  readonly keyPrefix: string;
  /** Can a command be sent now? */
  readonly isUp: boolean;
  /**
   * Connects, unless that is done. Calls at the same time share one attempt.
   *
   * @returns Resolves when commands can be sent; rejects with what the client said, and tries again when it is called again.
   */
  connect(): Promise<void>;
  /**
   * Sends one command, behind all that were sent before.
   *
   * @param key In a Cluster: whose server gets it, where the command has no key of its own, as `WAIT`. Without the client's prefix.
   * @returns The reply. Rejects with the server's error reply, or with whatever the client says if the connection is lost or was not
   * up. It may stay pending for ever where the client forgets what was in flight: `onDown` tells of that.
   */
  send(command: string, args: readonly string[], key?: string): Promise<Reply>;
  /** The servers that have the keys: each master of a Cluster, else the one. */
  nodes(): readonly RedisNode[];
  /** The one that has a key, as far as is known: the same object as long as it is the same server. */
  nodeOf(key: string): RedisNode | undefined;
  /**
   * Listens to a channel on a connection of its own, which all channels share and which stays until the close. A channel with a hash tag, of which there is
   * one at most, is a sharded one of a Cluster.
   *
   * @returns Resolves when the server has confirmed it; rejects if that failed, and then listens to nothing.
   */
  subscribe(channel: string, listener: ChannelListener): Promise<void>;
  /** Drops the connection that listens, if there is one, as it is silent, and makes another. */
  listenAnew(): void;
  /**
   * Is called when a connection for commands is lost, with whose: what was in flight on it is not answered any more. Without a server
   * it is all of them. At most one listener.
   */
  onDown(listener: (cause: Error, node?: RedisNode) => void): void;
  /**
   * Has the server tell, from the next `connect()` on, of keys that were read here when somebody else changes or removes them. Each such
   * reading is told of once. After each connecting it tells `'all'`.
   */
  track(listener: (keys: ChangedKeys) => void): void;
  /** Lets a process end although it is connected, or not. Where the client can do it. */
  keepAlive(isNeeded: boolean): void;
  /**
   * Drops the connections for commands at once, as one is silent or its server is not the master any more.
   *
   * @param node Only that to this server.
   */
  reset(node?: RedisNode): void;
  /** Drops everything at once. Nothing of it calls back any more. */
  close(): void;
}
