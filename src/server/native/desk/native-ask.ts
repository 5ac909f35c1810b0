import type { Ask } from '../../../table/place.js';

/** As it is asked for. */
export interface Wanted extends Omit<Ask, 'mode'> {
  readonly mode?: Ask['mode'] | 'exclusive';
  readonly lockDelay?: number | undefined;
  /** `true` by default. */
  readonly renew?: boolean | undefined;
}

/** What a client wants of the table. A place has one of its own, and whoever goes on with the place may change it where that does no harm. */
export class NativeAsk implements Ask {
  readonly name: string;
  /** Of a place that is held it changes only together with the time when it ends. */
  ttl: number;
  /** Do keep-alives keep it? */
  renew: boolean;
  readonly mode: 'shared' | undefined;
  readonly limit: number | undefined;
  readonly permits: number | undefined;
  readonly lockDelay: number | undefined;
  readonly metadata: string | undefined;
  holder: string;

  constructor({ name, ttl, renew = true, mode, limit, permits, lockDelay, metadata }: Wanted, holder: string) {
    this.name = name;
    this.ttl = ttl;
    this.renew = renew;
    this.mode = mode === 'shared' ? mode : undefined;
    this.limit = limit;
    this.permits = permits;
    this.lockDelay = lockDelay;
    this.metadata = metadata;
    this.holder = holder;
  }
}
