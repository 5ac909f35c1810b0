import { invalid } from '../../values/invalid.js';
import { show } from '../../values/show.js';

/** Where to listen. */
export interface ServerAddress {
  /** `'127.0.0.1'` by default. */
  readonly host?: string | undefined;
  /** 0: a free one. */
  readonly port: number;
}

/** The same, with all that was left out. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A host that may be left out: a name, an address, or `[…]` with one of IPv6. */
const FORM = /^(?:(\[[\da-f:.%]+\]|[^:\s[\]]+):)?(\d{1,5})$/i;
export const LOOPBACK_HOST = '127.0.0.1';

/**
 * Understands where to listen.
 *
 * @param given `8080`, `'8080'`, `'0.0.0.0:8080'`, `'[::1]:8080'` or `{ host, port }`.
 * @param option What an error is about.
 * @throws LockValidationError for anything else.
 */
export function readAddress(given: string | number | ServerAddress, option: string): Endpoint {
  if (typeof given === 'number') return checked(LOOPBACK_HOST, given, option);
  if (typeof given === 'object' && given !== null) return checked(given.host ?? LOOPBACK_HOST, given.port, option);
  const found = typeof given === 'string' ? FORM.exec(given.trim()) : null;
  if (found === null) throw invalid(option, `${show(given)} is not a port, or HOST:PORT`);
  const [, host, port] = found;
  return checked((host ?? LOOPBACK_HOST).replace(/^\[|\]$/g, ''), Number(port), option);
}

/** As one writes it: `'127.0.0.1:80'`, `'[::1]:80'`. */
export function showAddress({ host, port }: Endpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}

function checked(host: unknown, port: unknown, option: string): Endpoint {
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw invalid(option, `has the port ${show(port)}: it is a whole number from 0 to 65535`);
  }
  if (typeof host !== 'string' || host === '') throw invalid(option, 'has a host that is no name or address');
  return { host, port };
}
