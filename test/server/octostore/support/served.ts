import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { afterEach } from 'vitest';
import { FrontServer, type FrontServerOptions } from '../../../support/octostore-front.js';

/** What comes back from a request. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

/** What a test sends. */
export interface Sent {
  readonly body?: unknown;
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Starts servers that are stopped after each test. To be called inside of a `describe`. */
export function servers(): (options?: FrontServerOptions) => Promise<FrontServer> {
  const started: FrontServer[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((server) => server.stop()));
  });
  return async (options) => {
    const server = await FrontServer.start(options);
    started.push(server);
    return server;
  };
}

/** Sends one request over a connection of its own, with alice's token unless another is given; `null`: none. */
export async function send(
  { url, tokens }: FrontServer,
  method: string,
  path: string,
  { body, token = tokens.alice, headers = {} }: Sent = {},
): Promise<Answered> {
  const asked = request(url + path, {
    agent: false,
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
  });
  asked.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const text = (await response.setEncoding('utf8').toArray()).join('');
  const isJson = response.headers['content-type']?.startsWith('application/json') === true && text !== '';
  const json = isJson ? (JSON.parse(text) as Record<string, unknown> | null) : null;
  const all = new Headers(
    Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return { status: response.statusCode ?? 0, headers: all, text, json: json ?? {} };
}
