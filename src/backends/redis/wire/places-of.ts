import { addressOf } from './address-of.js';

/** A server as a client library's options name it. */
interface Place {
  readonly host?: string | undefined;
  readonly port?: number | string | undefined;
  readonly url?: string | undefined;
  readonly socket?: Place | undefined;
}

/** Hosts and ports of servers, for messages, of which only these are read: there are passwords as well. */
export function placesOf(servers: unknown, port: number): string {
  if (!Array.isArray(servers)) return '';
  return (servers as readonly unknown[]).map((server) => placeOf(server, port)).join(', ');
}

function placeOf(server: unknown, port: number): string {
  if (typeof server === 'number') return addressOf(undefined, server);
  if (typeof server === 'string') return ofUrl(server, port);
  const { socket, url, ...place } = (server ?? {}) as Place;
  if (url !== undefined) return ofUrl(url, port);
  const { host, port: own = port } = socket ?? place;
  return addressOf(host, own);
}

/** It may be `host:port` as well. */
function ofUrl(text: string, port: number): string {
  try {
    const { hostname, port: own } = new URL(/^\w+:\/\//.test(text) ? text : `redis://${text}`);
    return addressOf(hostname.replace(/^\[|\]$/g, ''), own === '' ? port : own);
  } catch {
    return 'what is no address';
  }
}
