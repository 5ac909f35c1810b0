import { Client, Pool } from 'undici';
import { FetchTransport } from './fetch-transport.js';
import type { Transport, TransportOptions } from './transport.js';
import { UndiciTransport } from './undici-transport.js';

/** Some runtimes put an empty shell in undici's place. What is in Node's can send a request. */
const IS_WHOLE = [Client, Pool].every((made) => typeof made?.prototype?.dispatch === 'function');

/** The transport of Node; where undici is not what it is there, as in Bun, that of the platform. */
export function nodeTransport(options: TransportOptions): Transport {
  return IS_WHOLE ? new UndiciTransport(options) : new FetchTransport(options);
}
