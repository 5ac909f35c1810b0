import { Redis } from 'ioredis';

type Call = (command: string, args: readonly string[]) => Promise<unknown>;

/** A client whose commands, and those of all connections made like it, go through something. */
export function wrapped(
  url: string,
  around: (call: Call, command: string, args: readonly string[]) => Promise<unknown>,
): Redis {
  return wrap(new Redis(url, { lazyConnect: true }));

  function wrap(client: Redis): Redis {
    const call = client.call.bind(client) as unknown as Call;
    const duplicate = client.duplicate.bind(client);
    return Object.assign(client, {
      duplicate: (override: object) => wrap(duplicate(override)),
      call: (command: string, args: readonly string[]) => around(call, command, args),
    });
  }
}

/** A client that sends each script twice in a row, and tells the second answer: as one does that resends. */
export function twice(url: string): Redis {
  return wrapped(url, async (call, command, args) => {
    const first = call(command, args);
    if (!command.startsWith('eval')) return first;
    const second = call(command, args);
    await first.catch(() => undefined);
    return second;
  });
}

/** A client that notes what scripts it was to run, with their arguments. */
export function recorded(url: string, to: (readonly string[])[]): Redis {
  return wrapped(url, (call, command, args) => {
    if (command === 'evalsha') to.push(args);
    return call(command, args);
  });
}
