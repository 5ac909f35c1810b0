import { digestOf } from '../../digest-of.js';
import { Handover } from './handover.js';
import type { NativePlace } from './native-place.js';
import type { NativeSession } from './native-session.js';
import { SECRET_BYTES } from './secret.js';

/** What was said to whoever let go of something. */
interface Said {
  readonly id: number;
  readonly secret: string;
}

/** Places that were let go of, by the digests of their secrets. */
export class Handovers {
  private readonly all = new Map<string, Handover>();
  /** What each session was answered, so that who did not hear it can ask again. */
  private readonly said = new WeakMap<NativeSession, Map<number, string>>();
  private readonly saidOf = new WeakMap<Handover, Said & { readonly session: NativeSession }>();

  constructor(private readonly randomBytes: (size: number) => Buffer) {}

  get size(): number {
    return this.all.size;
  }

  /** Takes it from its session. @returns The secret. */
  add(session: NativeSession, place: NativePlace): string {
    const { id } = place;
    const secret = this.randomBytes(SECRET_BYTES).toString('base64url');
    session.drop(place);
    const handover = this.restore(place, digestOf(secret).toString('hex'), session.aliveAt);
    let said = this.said.get(session);
    if (said === undefined) this.said.set(session, (said = new Map<number, string>()));
    said.set(id, secret);
    this.saidOf.set(handover, { session, id, secret });
    return secret;
  }

  /** One of before a start. */
  restore(place: NativePlace, digest: string, aliveAt: number): Handover {
    const handover = new Handover(place, digest, aliveAt, (over) => {
      this.forget(over);
    });
    place.owner = handover;
    this.all.set(digest, handover);
    return handover;
  }

  /** What was said when this session let go of it, if nobody has come for it since. */
  secretOf(session: NativeSession, id: number): string | undefined {
    return this.said.get(session)?.get(id);
  }

  /** Who comes for it gets it, once. */
  take(name: string, secret: string): Handover | undefined {
    const handover = this.all.get(digestOf(secret).toString('hex'));
    if (handover?.place.name !== name) return undefined;
    this.forget(handover);
    return handover;
  }

  /** Who came for it could not be given it: it is as if nobody had. */
  putBack(handover: Handover): void {
    handover.place.owner = handover;
    this.all.set(handover.digest, handover);
    const said = this.saidOf.get(handover);
    if (said !== undefined) this.said.get(said.session)?.set(said.id, said.secret);
  }

  private forget(handover: Handover): void {
    this.all.delete(handover.digest);
    const said = this.saidOf.get(handover);
    if (said !== undefined) this.said.get(said.session)?.delete(said.id);
  }
}
