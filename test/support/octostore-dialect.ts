import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { askOctostore } from './ask-octostore.js';
import { HttpServer, json, type Seen } from './http-server.js';

interface Held {
  readonly user: string;
  readonly leaseId: string;
  readonly token: bigint;
  expiresAt: number;
}

/**
 * The server that the documents of OctoStore's clients describe: exactly the fields that they list and no others, 409 for
 * a lock that is held, leases in the list, plain text for health, errors that have `error` only, and no sessions.
 */
export class DialectServer {
  /** Two users' bearer tokens. */
  readonly tokens = { alice: randomUUID(), bob: randomUUID() };
  /** The next fencing token. */
  next = 1n;
  private readonly users = new Map<string, string>();
  private readonly locks = new Map<string, Held>();
  private http: HttpServer | undefined;

  private constructor() {
    for (const [user, token] of Object.entries(this.tokens)) this.users.set(token, user);
  }

  static async start(): Promise<DialectServer> {
    const server = new DialectServer();
    server.http = await HttpServer.start((seen, response) => {
      server.answer(seen, response);
    });
    return server;
  }

  get url(): string {
    return this.http!.url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get seen(): readonly Seen[] {
    return this.http!.seen;
  }

  async stop(): Promise<void> {
    await this.http!.stop();
  }

  /** Asks it directly, past any client under test. */
  ask(
    method: string,
    path: string,
    body?: object,
    token = this.tokens.alice,
  ): Promise<{ status: number; json: unknown }> {
    return askOctostore(this.url + path, token, method, body);
  }

  private answer({ method, path, token, body }: Seen, response: ServerResponse): void {
    const call = `${method} ${path.replace(/^\/locks\/[^/]+/, '/locks/:name')}`;
    if (call === 'GET /health') {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('ok');
      return;
    }
    const user = this.users.get(token ?? '');
    if (user === undefined) {
      json(response, 401, { error: 'Invalid token' });
      return;
    }
    const name = decodeURIComponent(path.split('/')[2] ?? '');
    const given = (body === '' ? {} : JSON.parse(body)) as { lease_id?: string; ttl_seconds?: number };
    switch (call) {
      case 'POST /locks/:name/acquire':
        this.acquire(response, user, name, given.ttl_seconds ?? 60);
        break;
      case 'POST /locks/:name/renew':
      case 'POST /locks/:name/release':
        this.change(response, call.endsWith('renew'), name, given.lease_id, given.ttl_seconds ?? 60);
        break;
      case 'GET /locks/:name':
        this.tell(response, name);
        break;
      case 'GET /locks':
        this.list(response, user);
        break;
      case 'POST /auth/token/rotate':
        this.rotate(response, user, token!);
        break;
      default:
        json(response, 404, { error: 'Not found' });
    }
  }

  private acquire(response: ServerResponse, user: string, name: string, ttl: number): void {
    if (!Number.isInteger(ttl) || ttl < 1 || ttl > 3600) {
      json(response, 400, { error: 'Invalid TTL' });
      return;
    }
    const until = Date.now() + ttl * 1000;
    let held = this.find(name);
    if (held !== undefined && held.user !== user) {
      json(response, 409, { error: 'Lock is held', holder_id: held.user, expires_at: date(held.expiresAt) });
      return;
    }
    if (held === undefined) {
      held = { user, leaseId: randomUUID(), token: this.next++, expiresAt: until };
      this.locks.set(name, held);
    }
    held.expiresAt = Math.max(held.expiresAt, until);
    const { leaseId: lease_id, expiresAt, token } = held;
    // A number that JSON.stringify would not write.
    json(
      response,
      200,
      `{"status":"acquired","lease_id":"${lease_id}","fencing_token":${token},"expires_at":"${date(expiresAt)}"}`,
    );
  }

  private change(
    response: ServerResponse,
    isRenewal: boolean,
    name: string,
    leaseId: string | undefined,
    ttl: number,
  ): void {
    const held = this.find(name);
    if (held === undefined) json(response, 404, { error: 'Lock not found' });
    else if (held.leaseId !== leaseId) json(response, 400, { error: 'Invalid lease ID' });
    else if (isRenewal) {
      held.expiresAt = Date.now() + ttl * 1000;
      json(response, 200, { lease_id: leaseId, expires_at: date(held.expiresAt) });
    } else {
      this.locks.delete(name);
      json(response, 200, {});
    }
  }

  private tell(response: ServerResponse, name: string): void {
    const held = this.find(name);
    const status = held === undefined ? 'free' : 'held';
    const [holder, expires] =
      held === undefined ? ['null', 'null'] : [JSON.stringify(held.user), JSON.stringify(date(held.expiresAt))];
    const token = held?.token ?? 0n;
    json(
      response,
      200,
      `{"name":"${name}","status":"${status}","holder_id":${holder},"fencing_token":${token},"expires_at":${expires}}`,
    );
  }

  private list(response: ServerResponse, user: string): void {
    const own = [...this.locks].filter(([name, held]) => held.user === user && this.find(name) !== undefined);
    const locks = own.map(
      ([name, { leaseId, token, expiresAt }]) =>
        `{"name":"${name}","lease_id":"${leaseId}","fencing_token":${token},"expires_at":"${date(expiresAt)}"}`,
    );
    json(response, 200, `{"locks":[${locks.join(',')}]}`);
  }

  private rotate(response: ServerResponse, user: string, old: string): void {
    const token = randomUUID();
    this.users.delete(old);
    this.users.set(token, user);
    json(response, 200, { token, user_id: `id-of-${user}`, github_username: user });
  }

  private find(name: string): Held | undefined {
    const held = this.locks.get(name);
    return held !== undefined && held.expiresAt > Date.now() ? held : undefined;
  }
}

function date(epoch: number): string {
  return new Date(epoch).toISOString();
}
