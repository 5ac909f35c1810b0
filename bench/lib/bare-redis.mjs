import { createLocks } from 'rxlock';
import { redis } from 'rxlock/redis';

const NAME = 'bare';

/**
 * The floor: the client alone, which makes the two calls that rxlock makes for a lock that is free, with nothing around them. What they are is
 * noted once.
 */
export const BARE = {
  async open(client) {
    const calls = [];
    const locks = createLocks(redis(noting(client, calls)));
    await (await locks.acquire(NAME, 30_000)).release();
    await locks.close();
    const [acquire, release] = calls.slice(-2);
    const owner = release.at(-1);
    const made = new Map();
    const callsOf = (name) => {
      const words = ([sha, count, ...rest]) => [
        sha,
        count,
        ...rest.slice(0, count).map((key) => key.replace(`{${NAME}}`, `{${name}}`)),
        '0', // it is never too late
        ...rest
          .slice(Number(count) + 1)
          .map((word) => (word === owner ? `${process.pid}-${name}`.padEnd(24, 'x') : word)),
      ];
      if (!made.has(name)) made.set(name, [acquire, release].map(words));
      return made.get(name);
    };
    return {
      async acquire(name) {
        const [taking, giving] = callsOf(name);
        const [, token] = await client.call('evalsha', taking);
        if (typeof token !== 'string') throw new Error(`the bare client was not granted '${name}'`);
        return () => client.call('evalsha', giving);
      },
    };
  },
};

/** A client that notes which scripts it was to run, by the connections that are made like it. */
function noting(client, calls) {
  const duplicate = (override) => {
    const copy = client.duplicate(override);
    const call = copy.call.bind(copy);
    return Object.assign(copy, {
      call(command, args) {
        if (command === 'evalsha') calls.push(args);
        return call(command, args);
      },
    });
  };
  // Everything else as it is.
  return new Proxy(client, { get: (of, key) => (key === 'duplicate' ? duplicate : Reflect.get(of, key)) });
}
