import { digestOf } from '../../digest-of.js';
import type { Meters } from '../../meters.js';
import type { Principal } from '../../principals.js';
import type { Records } from '../../records.js';
import type { NativeSession } from './native-session.js';
import { isSecret, SECRET_BYTES } from './secret.js';

/** Bytes of chance in the id of a session, so that it is nobody else's, also after a start. */
const ID_BYTES = 12;

/** A session, and what is kept of its secrets. */
interface Entry {
  readonly session: NativeSession;
  secret: Buffer;
  /** The one that it was resumed with last, as long as it is not sure that its client has the new one. */
  previous: Buffer | undefined;
}

/** What is noted of a session. */
interface NotedSession {
  readonly principal: string;
  readonly holder: string;
  readonly secret: string;
  readonly previous?: string | undefined;
}

/** A session that may be talked to, and the secret with which its client can come back. */
export interface OpenSession {
  readonly session: NativeSession;
  readonly secret: string;
}

/** All sessions. */
export class SessionBook {
  private readonly all = new Map<string, Entry>();

  /** @param make Makes a session. */
  constructor(
    private readonly records: Records,
    private readonly meters: Meters,
    private readonly randomBytes: (size: number) => Buffer,
    private readonly make: (id: string, principal: Principal, holder: string) => NativeSession,
  ) {}

  get size(): number {
    return this.all.size;
  }

  get sessions(): NativeSession[] {
    return Array.from(this.all.values(), ({ session }) => session);
  }

  find(id: string): NativeSession | undefined {
    return this.all.get(id)?.session;
  }

  /** A new one. */
  open(principal: Principal, holder: string): OpenSession {
    const session = this.make(this.chance(ID_BYTES), principal, holder);
    const secret = this.chance(SECRET_BYTES);
    this.add({ session, secret: digestOf(secret), previous: undefined });
    return { session, secret };
  }

  /** One of before, if that is its secret: which works on until `confirm`. */
  resume(id: string, secret: string, principal: Principal): OpenSession | undefined {
    const entry = this.all.get(id);
    const said = digestOf(secret);
    if (entry?.session.principal.name !== principal.name) return undefined;
    const isKnown = isSecret(entry.secret, said);
    if (!isSecret(entry.previous, said) && !isKnown) return undefined;
    // Of before a start, it has his name only.
    entry.session.principal = principal;
    const next = this.chance(SECRET_BYTES);
    entry.previous = said;
    entry.secret = digestOf(next);
    if (entry.session.isNoted) this.write(entry);
    return { session: entry.session, secret: next };
  }

  /** Its client has the new secret: the one before it is worth nothing any more. */
  confirm(session: NativeSession): void {
    const entry = this.all.get(session.id);
    if (entry?.previous === undefined) return;
    entry.previous = undefined;
    if (session.isNoted) this.write(entry);
  }

  /** It has something that is to outlive a start. */
  note(session: NativeSession): void {
    const entry = this.all.get(session.id);
    if (entry === undefined || session.isNoted) return;
    session.isNoted = true;
    this.write(entry);
  }

  end(session: NativeSession): void {
    if (!this.all.delete(session.id)) return;
    this.meters.front('ws').sessions--;
    if (session.isNoted) this.records.delete('ws', session.id);
  }

  /** Finds again those of before a start. */
  restore(): void {
    for (const [id, value] of this.records.notes('ws')) {
      const { principal, holder, secret, previous } = value as NotedSession;
      const session = this.make(id, { name: principal }, holder);
      session.isNoted = true;
      this.add({
        session,
        secret: Buffer.from(secret, 'hex'),
        previous: previous === undefined ? undefined : Buffer.from(previous, 'hex'),
      });
    }
  }

  private add(entry: Entry): void {
    this.all.set(entry.session.id, entry);
    this.meters.front('ws').sessions++;
  }

  private write({ session, secret, previous }: Entry): void {
    const note: NotedSession = {
      principal: session.principal.name,
      holder: session.holder,
      secret: secret.toString('hex'),
      previous: previous?.toString('hex'),
    };
    this.records.put('ws', session.id, note);
  }

  private chance(bytes: number): string {
    return this.randomBytes(bytes).toString('base64url');
  }
}
