import type { Ask, Place } from '../../table/place.js';
import { Leaf } from './leaf.js';
import type { RestoredPlace } from '../records.js';
import { SessionPlace } from '../session.js';

const LETTER = 'p';
/** As many digits as any token has: keys are in the order of the grants. */
const DIGITS = 16;

/** What is stored of a grant. */
interface GrantText extends Ask {
  /** Its owner has given it back; it stays taken for its ttl. */
  readonly kept?: true | undefined;
  readonly front?: string | undefined;
  readonly data?: unknown;
}

/** A grant that is stored, or to be. */
export class GrantLeaf extends Leaf {
  /** Missing until somebody sits in it again after a start. */
  place: Place | undefined = undefined;
  isOver = false;
  /** The longest that its holder may believe in, of which a batch may still be under way. Milliseconds. */
  ttl = 0;
  /** The longest that is on disk. */
  confirmed = 0;
  private written = 0;

  constructor(
    readonly token: number,
    private before: GrantText | undefined,
  ) {
    super();
    if (before === undefined) return;
    this.ttl = this.written = this.confirmed = before.ttl;
  }

  get key(): string {
    return LETTER + String(this.token).padStart(DIGITS, '0');
  }

  /** As it was before the start, until somebody sits in it. */
  get restored(): RestoredPlace | undefined {
    if (this.before === undefined) return undefined;
    const { kept, front = '', data, ...ask } = this.before;
    const { token } = this;
    if (kept !== true) return { ask, token, front, data };
    // It runs out as what is held does, and what is kept is not kept once more by that.
    return { ask: { ...ask, lockDelay: 0 }, token, front: '', data };
  }

  seat(place: Place): void {
    this.place = place;
    this.before = undefined;
  }

  /** It takes the place of another one, in one batch: until that is written, the other one is on disk. */
  follow({ ttl, confirmed }: GrantLeaf): void {
    this.ttl = ttl;
    this.confirmed = confirmed;
  }

  text(): string | undefined {
    if (this.isOver) return undefined;
    this.written = this.ttl;
    const { place } = this;
    return JSON.stringify(place === undefined ? this.before : textOf(place, this.ttl));
  }

  stored(): void {
    this.confirmed = this.written;
  }

  failed(): boolean {
    if (this.confirmed === 0 || this.isOver) return false;
    this.ttl = this.confirmed;
    return true;
  }
}

/** @returns Undefined for what is no grant's key. */
export function readGrant(key: string, text: string): GrantLeaf | undefined {
  if (!key.startsWith(LETTER)) return undefined;
  const token = Number(key.slice(LETTER.length));
  return new GrantLeaf(token, JSON.parse(text) as GrantText);
}

function textOf(place: Place, ttl: number): GrantText {
  const { name, mode, limit, permits, lockDelay } = place.ask;
  const record = place instanceof SessionPlace ? place.record() : undefined;
  return {
    name,
    ttl,
    mode,
    limit,
    permits,
    lockDelay,
    holder: place.holder,
    metadata: place.metadata,
    kept: place.state === 'kept' ? true : undefined,
    front: record?.front,
    data: record?.data,
  };
}
