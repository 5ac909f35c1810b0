import { absent, url } from './services.mjs';

const address = (hostAndPort) => {
  const [host, port] = hostAndPort?.split(':') ?? [];
  return host === undefined ? undefined : { host, port: Number(port) };
};

/** The two servers, by what a line calls them: where each is, or why it is not there. */
export const KINDS = {
  'own server': { address: address(url.dflockd), why: absent('dflockd') },
  'real server': { address: address(url.dflockdReal), why: absent('dflockdReal') },
};

/** The sides of each server, named `<server>: <side>`. */
export const onEach = (sides) =>
  Object.fromEntries(
    Object.entries(KINDS).flatMap(([kind, { address }]) =>
      Object.entries(sides).map(([side, make]) => [`${kind}: ${side}`, () => make(address)]),
    ),
  );
