import { Redis } from 'ioredis';
import { afterEach } from 'vitest';
import Redlock, { type RedlockScripts, type Settings } from 'rxlock/compat/redlock';

/** Of whatever listens on a port of this machine. */
interface Place {
  readonly port: number;
}

/** What a test makes of clients; all of it ends with the test. */
export interface Clients {
  client(place: Place): Redis;
  redlock(places: readonly Place[], settings?: Partial<Settings>, scripts?: RedlockScripts): Redlock;
}

/** Called within a `describe`. */
export function useClients(): Clients {
  const clients: Redis[] = [];
  const all: Redlock[] = [];
  afterEach(async () => {
    await Promise.all(all.splice(0).map((one) => one.quit()));
    for (const one of clients.splice(0)) one.disconnect();
  });
  const client = ({ port }: Place): Redis => {
    const made = new Redis({ port, host: '127.0.0.1' });
    // Whoever asks is told.
    made.on('error', () => undefined);
    clients.push(made);
    return made;
  };
  return {
    client,
    redlock(places, settings, scripts) {
      const made = new Redlock(places.map(client), settings, scripts);
      all.push(made);
      return made;
    },
  };
}
