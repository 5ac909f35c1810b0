import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { HttpServer, json, type Seen } from '../../../support/http-server.js';

/** What a client may ask of OctoStore. */
export type Ask =
  'open' | 'keepalive' | 'end' | 'acquire' | 'renew' | 'release' | 'status' | 'list' | 'watch' | 'health';

/** An answer in place of the right one. What was asked for has been done all the same. */
export type Answer = (response: ServerResponse, seen: Seen, right: object) => void;

interface Lease {
  readonly id: string;
  readonly name: string;
  readonly session: string;
}

/** As much of OctoStore as it takes to know what is held; it can be made to answer anything. */
export class StubService {
  /** By name. */
  readonly held = new Map<string, Lease>();
  readonly sessions = new Set<string>();
  /** Responses that were begun and not ended. */
  readonly open = new Set<ServerResponse>();
  /** Every secret that it ever gave out. */
  readonly secrets: string[] = [];
  spoilt: Partial<Record<Ask, Answer>> = {};
  fencingToken = '1';
  private server: HttpServer | undefined;

  static async start(): Promise<StubService> {
    const stub = new StubService();
    stub.server = await HttpServer.start((seen, response) => {
      stub.answer(seen, response);
    });
    return stub;
  }

  get url(): string {
    return this.server!.url;
  }

  get seen(): readonly Seen[] {
    return this.server!.seen;
  }

  async stop(): Promise<void> {
    await this.server!.stop();
  }

  private answer(seen: Seen, response: ServerResponse): void {
    this.open.add(response);
    response.on('close', () => this.open.delete(response));
    const ask = askOf(seen);
    const { status, body } = this.handle(ask, seen);
    const spoil = this.spoilt[ask];
    if (spoil !== undefined) spoil(response, seen, body ?? {});
    else if (ask === 'watch') response.writeHead(200, { 'content-type': 'text/event-stream' }).write(':\n\n');
    else if (body === undefined) response.writeHead(status).end();
    else json(response, status, JSON.stringify(body).replace('"FENCING"', this.fencingToken));
  }

  private handle(ask: Ask, { path, body }: Seen): { readonly status: number; readonly body?: object } {
    const [, , second = ''] = path.split(/[/?]/);
    const name = decodeURIComponent(second);
    const { lease_id: leaseId, session_id: session } = JSON.parse(body || '{}') as Record<string, string>;
    const holder = this.held.get(name);
    const expires_at = new Date(Date.now() + 30_000).toISOString();
    const gone = { status: 404, body: { code: 'lease_not_current' } };
    switch (ask) {
      case 'open': {
        const id = this.secret();
        this.sessions.add(id);
        return { status: 201, body: { session_id: id, expires_at, keepalive_interval_secs: 30 } };
      }
      case 'keepalive':
        return this.sessions.has(name)
          ? { status: 200, body: { expires_at } }
          : { status: 410, body: { code: 'session_expired' } };
      case 'end':
        this.sessions.delete(name);
        for (const [held, lease] of this.held) if (lease.session === name) this.held.delete(held);
        return { status: 204 };
      case 'acquire': {
        if (!this.sessions.has(session!)) return { status: 404, body: { code: 'session_expired' } };
        if (holder !== undefined && holder.session !== session) {
          return { status: 200, body: { status: 'held', holder_id: 'somebody', expires_at, retry_after_ms: 20 } };
        }
        const lease = holder ?? { id: this.secret(), name, session: session! };
        this.held.set(name, lease);
        return {
          status: 200,
          body: { status: 'acquired', lease_id: lease.id, fencing_token: 'FENCING', expires_at, metadata: null },
        };
      }
      case 'renew':
        return holder?.id === leaseId ? { status: 200, body: { lease_id: leaseId, expires_at } } : gone;
      case 'release':
        if (holder?.id !== leaseId) return gone;
        this.held.delete(name);
        return { status: 200, body: {} };
      case 'status':
        return { status: 200, body: { name, status: holder === undefined ? 'free' : 'held' } };
      case 'list':
        return { status: 200, body: { locks: [...this.held.keys()].map((one) => ({ name: one, status: 'held' })) } };
      case 'health':
        return { status: 200, body: { status: 'ok' } };
      case 'watch':
        return { status: 200, body: {} };
    }
  }

  private secret(): string {
    const secret = randomUUID();
    this.secrets.push(secret);
    return secret;
  }
}

function askOf({ method, path }: Seen): Ask {
  const [, first, , last] = path.split(/[/?]/);
  if (first === 'sessions') return method === 'DELETE' ? 'end' : last === 'keepalive' ? 'keepalive' : 'open';
  if (first === 'health') return 'health';
  if (last !== undefined && last !== '') return last as Ask;
  return path.startsWith('/locks?') || path === '/locks' ? 'list' : 'status';
}
