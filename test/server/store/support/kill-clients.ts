import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import type { Held, Journal } from './journal.js';

/** What the clients of one test share. */
export interface Field {
  readonly journal: Journal;
  readonly ports: { readonly http: number; readonly dflockd: number };
  /** What the other two protocols say to be let in. Nothing by default. */
  readonly token?: string | undefined;
  readonly names: readonly string[];
  isOver: boolean;
}

/** One client of one protocol, with one lock at a time. Each rejects if the server is gone. */
export interface KillClient {
  readonly by: string;
  acquire(name: string, ttl: number): Promise<{ readonly token?: number } | undefined>;
  /** @returns False: it is held no more. */
  renew(name: string, ttl: number): Promise<boolean>;
  /** @returns False: it was held no more. */
  release(name: string): Promise<boolean>;
  close(): void;
}

type Place = Pick<Field, 'ports' | 'token'>;

/** Takes, renews and gives back locks until the end, and writes down what it was told, whatever becomes of the server meanwhile. */
export async function work(client: KillClient, field: Field): Promise<void> {
  const { journal, names } = field;
  while (!field.isOver) {
    const name = names[Math.floor(Math.random() * names.length)] as string;
    const ttl = 1000 + 1000 * Math.floor(Math.random() * 2);
    const sentAt = journal.now();
    const granted = await client.acquire(name, ttl).catch(() => 'gone' as const);
    if (granted === 'gone' || granted === undefined) {
      await sleep(granted === 'gone' ? 20 : 1);
      continue;
    }
    const held = journal.granted(client.by, name, sentAt, ttl, granted.token);
    if (Math.random() < 0.5) await sleep(Math.random() * 20);
    if (Math.random() < 0.5) await keepOn(client, field, held, Math.random() < 0.5 ? ttl : 2 * ttl);
    journal.ends(held);
    await client.release(name).catch(() => undefined);
  }
}

/** Renews it until it is told that it is, or its time is over. */
async function keepOn(client: KillClient, { journal }: Field, held: Held, ttl: number): Promise<void> {
  while (journal.now() < held.until) {
    const sentAt = journal.now();
    const outcome = await client.renew(held.name, ttl).catch(() => 'gone' as const);
    if (outcome === 'gone') await sleep(20);
    else if (outcome) {
      journal.renewed(held, sentAt, ttl);
      return;
    } else {
      journal.refused(held);
      return;
    }
  }
}

/** A promise, and what settles it. */
interface Later<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

function later<T>(): Later<T> {
  let made: Omit<Later<T>, 'promise'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    made = { resolve, reject };
  });
  return { promise, ...(made as unknown as Omit<Later<T>, 'promise'>) };
}

/** dflockd's protocol. */
export function dflockdClient(field: Place): KillClient {
  let socket: Socket | undefined;
  let token = '';
  const ask = async (command: string, key: string, argument: string): Promise<string> => {
    if (socket === undefined || socket.destroyed) {
      const made = connect(field.ports.dflockd, '127.0.0.1');
      made.setEncoding('latin1').on('error', () => made.destroy());
      await Promise.race([once(made, 'connect'), once(made, 'close').then(() => Promise.reject(new Error('gone')))]);
      socket = made;
      if (field.token !== undefined) await say('auth', '_', field.token);
    }
    return say(command, key, argument);
  };
  const say = async (command: string, key: string, argument: string): Promise<string> => {
    if (socket === undefined) throw new Error('gone');
    const { promise, resolve, reject } = later<string>();
    const onData = (text: string): void => {
      resolve(text.trim());
    };
    const onClose = (): void => {
      reject(new Error('gone'));
    };
    socket.once('data', onData).once('close', onClose);
    socket.write(`${command}\n${key}\n${argument}\n`);
    try {
      return await promise;
    } finally {
      socket.off('data', onData).off('close', onClose);
    }
  };
  return {
    by: 'dflockd',
    async acquire(name, ttl) {
      const [word, granted = ''] = (await ask('l', name, `0 ${String(ttl / 1000)}`)).split(' ');
      if (word !== 'ok') return undefined;
      token = granted;
      return {};
    },
    renew: async (name, ttl) => (await ask('n', name, `${token} ${String(ttl / 1000)}`)).startsWith('ok'),
    release: async (name) => (await ask('r', name, token)).startsWith('ok'),
    close: () => socket?.destroy(),
  };
}

/**
 * OctoStore's API. Each is a user of its own: whoever asks again for what he has is told that he has it.
 *
 * @param reenters Is that told here as well? By default it is given back, and counts as refused.
 */
export function httpClient(field: Place, user: number, reenters = false): KillClient {
  let lease = '';
  const known = new Set<number>();
  const ask = async (
    path: string,
    body: object,
  ): Promise<{ readonly status: number; readonly json: Record<string, unknown> }> => {
    const response = await fetch(`http://127.0.0.1:${String(field.ports.http)}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${userToken(user)}` },
      body: JSON.stringify(body),
    });
    return { status: response.status, json: (await response.json().catch(() => ({}))) as Record<string, unknown> };
  };
  return {
    by: 'http',
    async acquire(name, ttl) {
      const { json } = await ask(`/locks/${name}/acquire`, { ttl_seconds: ttl / 1000 });
      if (json['status'] !== 'acquired') return undefined;
      lease = json['lease_id'] as string;
      const token = json['fencing_token'] as number;
      if (reenters || !known.has(token)) return (known.add(token), { token });
      // From before, when its end was never answered.
      await ask(`/locks/${name}/release`, { lease_id: lease });
      return undefined;
    },
    async renew(name, ttl) {
      const { status } = await ask(`/locks/${name}/renew`, { lease_id: lease, ttl_seconds: ttl / 1000 });
      if (status >= 500 || status === 429) throw new Error('not now');
      return status === 200;
    },
    async release(name) {
      const { status } = await ask(`/locks/${name}/release`, { lease_id: lease });
      if (status >= 500 || status === 429) throw new Error('not now');
      return status === 200;
    },
    close: () => undefined,
  };
}

export function userToken(user: number): string {
  return `00000000-0000-4000-8000-${String(user).padStart(12, '0')}`;
}

type Told = Readonly<Record<string, unknown>>;

/** The native protocol, with a new session for each connection: a killed server's are lost to it, and their locks run out. */
export function nativeClient(field: Place): KillClient {
  let socket: WebSocket | undefined;
  let id = 0;
  let lock = 0;
  let waiting: Later<Told> | undefined;
  const say = async (message: Told): Promise<Told> => {
    waiting = later<Told>();
    socket?.send(JSON.stringify([message]));
    return waiting.promise;
  };
  const open = async (): Promise<void> => {
    const made = new WebSocket(`ws://127.0.0.1:${String(field.ports.http)}/`, 'rxlock');
    made.on('error', () => undefined);
    made.on('close', () => {
      if (socket === made) socket = undefined;
      waiting?.reject(new Error('gone'));
    });
    made.on('message', (data: Buffer) => {
      for (const told of JSON.parse(data.toString()) as Told[]) if (told['type'] !== 'tick') waiting?.resolve(told);
    });
    await Promise.race([once(made, 'open'), once(made, 'close').then(() => Promise.reject(new Error('gone')))]);
    socket = made;
    id = 0;
    await say({
      type: 'hello',
      versions: [1],
      holder: 'kill',
      ...(field.token === undefined ? {} : { token: field.token }),
    });
  };
  return {
    by: 'native',
    async acquire(name, ttl) {
      if (socket === undefined) await open();
      const mine = ++id;
      const told = await say({ type: 'acquire', id: mine, name, ttl, wait: false, renew: false });
      if (told['type'] !== 'granted') return undefined;
      lock = mine;
      return { token: told['token'] as number };
    },
    async renew(_name, ttl) {
      // Its session is not resumed here: it lets its lock run out.
      if (socket === undefined) throw new Error('gone');
      const told = await say({ type: 'ttl', id: ++id, lock, ttl });
      if (told['type'] === 'error' && told['code'] === 'storage') throw new Error('not now');
      return told['type'] === 'done';
    },
    async release() {
      if (socket === undefined) throw new Error('gone');
      return (await say({ type: 'release', id: ++id, lock }))['type'] === 'done';
    },
    close: () => socket?.terminate(),
  };
}
