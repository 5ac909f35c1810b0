import { isIP } from 'node:net';

/** `host:port`, for messages. */
export function addressOf(host: string | undefined = 'localhost', port: number | string = 6379): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${String(port)}`;
}
