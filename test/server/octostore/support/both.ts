import { afterAll, beforeAll } from 'vitest';
import { FrontServer } from '../../../support/octostore-front.js';
import { describeWithOctoStore } from '../../../support/octostore-server.js';

/** A request as a client may send it: what is absent is not sent. */
export interface Ask {
  readonly method: string;
  readonly path: string;
  /** Sent as JSON, or as it is if it is text. */
  readonly body?: unknown;
  /** Whose token goes with it; `null`: none. */
  readonly user?: 'alice' | 'bob' | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What comes back, as far as it is the same each time. */
export interface Shape {
  readonly status: number;
  readonly type: string | null;
  readonly retryAfter: boolean;
  readonly allow: string | null;
  readonly body: unknown;
}

/** A server, and what it said in full. */
export interface Asked {
  send(ask: Ask): Promise<{ readonly shape: Shape; readonly json: Record<string, unknown> }>;
}

interface Server {
  readonly url: string;
  readonly tokens: { readonly alice: string; readonly bob: string };
}

/** One who asks a server, and remembers what it said. */
export function asking({ url, tokens }: Server): Asked {
  return {
    async send({ method, path, body, user = 'alice', headers = {} }) {
      const isText = typeof body === 'string';
      const response = await fetch(url + path, {
        method,
        redirect: 'manual',
        headers: {
          ...(user === null ? {} : { authorization: `Bearer ${tokens[user]}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body === undefined ? null : isText ? body : JSON.stringify(body),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
      const json = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
      const shape = {
        status: response.status,
        type: response.headers.get('content-type')?.split(';', 1).join() ?? null,
        retryAfter: response.headers.has('retry-after'),
        allow:
          response.headers
            .get('allow')
            ?.split(',')
            .map((one) => one.trim())
            .sort()
            .join(',') ?? null,
        body: isJson ? blur('', json) : text,
      };
      return { shape, json };
    },
  };
}

/** Puts in place of what differs each time what it is. */
export function blur(key: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => blur(key, one)).sort(byText);
  if (typeof value === 'string' && value.length > 300) return `${value.slice(0, 4)}, ${String(value.length)} of them`;
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, blur(name, inner)]));
  }
  if (typeof value === 'number' && /_ms$|token|term|size/.test(key)) return `a number: ${key}`;
  if (typeof value !== 'string') return value;
  if (/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(value)) return 'a uuid';
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(value)) return 'a date';
  if (/^req_[\da-f]{32}$/.test(value)) return 'a request id';
  if (key === 'token' || key === 'leader_token') return `a token`;
  if (key === 'election_id') return `an id of ${String(value.length)}`;
  return value.replaceAll(/elections\/[\w-]{32}/g, 'elections/an-id');
}

/** A `describe` whose tests ask a real server and ours. */
export function describeWithBothServers(name: string, tests: (both: () => readonly [Asked, Asked]) => void): void {
  describeWithOctoStore(name, (real) => {
    let ours: FrontServer | undefined;
    beforeAll(async () => {
      ours = await FrontServer.start();
    });
    afterAll(async () => {
      await ours?.stop();
    });
    tests(() => [asking(real()), asking(ours!)]);
  });
}

function byText(one: unknown, other: unknown): number {
  const text = (of: unknown): string => JSON.stringify(of);
  return text(one) < text(other) ? -1 : 1;
}
