import type { ChangedKeys } from './port.js';

/** Who is told what happens on a link. */
export interface LinkUser {
  /** It is gone, and does not come back. Nothing that is in flight on it will be answered. */
  lost(cause: Error): void;
  /** A message on a channel that it listens to. */
  message(channel: string, text: string): void;
  /** A message of {@link CHANGED}: the keys as the server has them. */
  changed?(keys: ChangedKeys): void;
}

/** One connection of a client library. It connects once: a lost one is done with, and another takes its place. */
export interface RedisLink {
  /** Connects. Rejects with what the client said. Is called once. */
  connect(): Promise<void>;
  /** Sends at once. Rejects with the server's error reply, or with whatever the client says. May stay pending for ever. */
  send(command: string, args: readonly string[]): Promise<unknown>;
  /** Resolves when the server has confirmed it. If the slot of a sharded channel gets another master, the link is lost. */
  subscribe(channel: string): Promise<unknown>;
  /** Lets a process end although it is connected, or not. Of its socket from now on, also of one that is still to come. */
  keepAlive(isNeeded: boolean): void;
  /** Drops it at once. It tells nothing any more. */
  destroy(): void;
}

/** The channel on which a server tells that keys have changed. */
export const CHANGED = '__redis__:invalidate';

/** Makes a link, not connected yet; if wanted so, of RESP2, in which each library shows what comes on {@link CHANGED}. */
export type OpenLink = (user: LinkUser, isOld?: boolean) => RedisLink | Promise<RedisLink>;
