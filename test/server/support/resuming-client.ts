import { once } from 'node:events';
import WebSocket from 'ws';
import type { Field, KillClient } from '../store/support/kill-clients.js';

type Told = Readonly<Record<string, unknown>>;

/** A client that may have to say anew what it has, when its server was killed. */
export interface ResumingClient extends KillClient {
  /** Comes back, and gives back whatever it has. */
  settle(): Promise<void>;
}

/** The native protocol, with one session as long as the server knows it. It never waits in a queue, and has one lock at most. */
export function resumingClient({ ports, token }: Pick<Field, 'ports' | 'token'>): ResumingClient {
  let socket: WebSocket | undefined;
  let session: unknown;
  let id = 0;
  let lock = 0;
  let waiting: { resolve(told: Told): void; reject(error: Error): void } | undefined;

  const say = (message: Told): Promise<Told> =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject };
      if (socket === undefined) reject(new Error('gone'));
      else socket.send(JSON.stringify([message]));
    });
  const heard = (data: Buffer): void => {
    for (const told of JSON.parse(data.toString()) as Told[]) {
      // What is lost is found out when it is asked for.
      if (told['type'] !== 'tick' && told['type'] !== 'lost') waiting?.resolve(told);
    }
  };
  const open = async (): Promise<void> => {
    if (socket !== undefined) return;
    const made = new WebSocket(`ws://127.0.0.1:${String(ports.http)}/`, 'rxlock');
    made.on('error', () => undefined).on('message', heard);
    made.on('close', () => {
      if (socket !== made) return;
      socket = undefined;
      waiting?.reject(new Error('gone'));
    });
    await Promise.race([once(made, 'open'), once(made, 'close').then(() => Promise.reject(new Error('gone')))]);
    socket = made;
    const welcome = await say({
      type: 'hello',
      versions: [1],
      ...(token === undefined ? {} : { token }),
      ...(session === undefined ? {} : { session }),
    });
    if (welcome['type'] !== 'welcome') throw new Error(JSON.stringify(welcome));
    session = welcome['session'];
    if (welcome['resumed'] === true) await believe(lock);
    else id = lock = 0;
  };
  const believe = async (held: number): Promise<void> => {
    await say({ type: 'settle', id: ++id, news: 0, holds: held === 0 ? [] : [held], wants: [] });
  };

  return {
    by: 'native',
    async settle() {
      lock = 0;
      if (socket === undefined) await open();
      else await believe(0);
    },
    async acquire(name, ttl) {
      lock = 0;
      await open();
      const mine = ++id;
      const told = await say({ type: 'acquire', id: mine, name, ttl, renew: false });
      if (told['type'] !== 'granted') return undefined;
      lock = mine;
      return { token: told['token'] as number };
    },
    async renew(_name, ttl) {
      await open();
      return lock !== 0 && (await say({ type: 'ttl', id: ++id, lock, ttl }))['type'] === 'done';
    },
    async release() {
      const mine = lock;
      await open();
      if (lock === 0) return false;
      lock = 0;
      return (await say({ type: 'release', id: ++id, lock: mine }))['type'] === 'done';
    },
    close: () => socket?.terminate(),
  };
}
