import { defer, of, type Observable } from 'rxjs';
import { LockLostError, LockNetworkError } from '../../../contract/errors.js';
import type { AcquireRequest, AcquireSignal, Grant } from '../../../contract/backend.js';
import type { Runtime } from '../../../contract/time.js';
import { Claim } from '../sessions/name-queue.js';
import type { Held } from '../sessions/session.js';
import type { OctoStoreBook } from './book.js';
import { invalid } from '../../../values/invalid.js';

/** What the next owner needs. All of it goes through JSON as text. */
interface Credentials {
  readonly lease: string;
  readonly session: string;
  /** Milliseconds, of the session. */
  readonly ttl: string;
  readonly token: string;
  readonly metadata?: string | undefined;
}

/** Says nothing of what is in it. */
const FOREIGN = 'is not of an OctoStore lock, or its secret was changed';

export interface OctoStoreHandingOnOptions {
  readonly book: OctoStoreBook;
  readonly runtime: Runtime;
}

/**
 * Hands locks on to other clients of the same user: the lease, and the session that it hangs on.
 *
 * That session may carry other locks of this client. So neither of the two ends it any more: each gives back its own locks by
 * their leases, and it runs out when the last of them keeps it alive no longer. Whoever has the lease can renew it, so the service cannot
 * tell when a lock is adopted twice.
 */
export class OctoStoreHandingOn {
  constructor(private readonly options: OctoStoreHandingOnOptions) {}

  detach(grant: Grant): Observable<string> {
    return defer(() => {
      const { book } = this.options;
      const { name, metadata, fencingToken } = grant;
      const held = book.find(grant);
      if (held === undefined) throw new LockLostError(`the lock '${name}' is not held`, { name, reason: 'refused' });
      const { session, leaseId } = held;
      // This client is about to end it.
      if (session.retired && !session.isShared) {
        throw new LockNetworkError(
          `the lock '${name}' cannot be handed on: a request of its session was not answered`,
          { name },
        );
      }
      const credentials: Credentials = {
        lease: leaseId,
        session: session.id,
        ttl: String(session.bound.ttl),
        token: String(fencingToken),
        ...(metadata === undefined ? {} : { metadata }),
      };
      book.handOn(held);
      return of(JSON.stringify(credentials));
    });
  }

  adopt(name: string, secret: string, { ttl, holder }: AcquireRequest): Observable<AcquireSignal> {
    return defer(() => {
      const { book, runtime } = this.options;
      const credentials = read(secret);
      const grant: Grant = { name, holder, fencingToken: BigInt(credentials.token), metadata: credentials.metadata };
      const session = book.sessions.foreign(credentials.session, Number(credentials.ttl));
      // What nobody has confirmed yet is no ttl that was asked for: the first renewal asks for the lock itself.
      const guess = { sentAt: runtime.clock.elapsed() - 1, ttl: ttl + 1 };
      const claim = new Claim<Held>(name, holder);
      claim.state = 'held';
      const held = book.enter(grant, credentials.lease, session, claim, guess);
      return of<AcquireSignal>({ type: 'granted', grant, bounds: [held.bound, session.bound], confirm: true });
    });
  }
}

/** @throws LockValidationError, which says nothing of what is in it. */
function read(secret: string): Credentials {
  const told = parse(secret) as Partial<Record<keyof Credentials, unknown>>;
  const texts = [told.lease, told.session, told.ttl, told.token];
  const isWhole = texts.every((text) => typeof text === 'string' && text !== '');
  const areNumbers = [told.ttl, told.token].every((number) => /^\d{1,19}$/.test(String(number)));
  if (!isWhole || !areNumbers || !['string', 'undefined'].includes(typeof told.metadata))
    throw invalid('handle', FOREIGN);
  return told as Credentials;
}

function parse(text: string): object {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    throw invalid('handle', FOREIGN);
  }
}
