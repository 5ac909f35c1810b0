import type { Delay } from '../desk/delay.js';
import type { LockView } from '../desk/lock-view.js';
import type { OctostorePlace } from '../desk/octostore-place.js';
import type { WallClock } from '../desk/wall-clock.js';
import type { Health } from '../../health.js';
import type { ApiError } from '../wire/api-error.js';
import type { Reply } from '../wire/call.js';

/** A new token, and whose it is. */
export interface Rotated {
  readonly token: string;
  readonly userId: string;
  readonly name: string;
}

/** How answers look where the two kinds of clients expect something else. */
export interface Dialect {
  /** Must a client say that its body is JSON? */
  readonly isStrict: boolean;
  /** Bytes of a part of a name of a lock. */
  readonly maxNameComponent: number;
  acquired(place: OctostorePlace, clock: WallClock): Reply;
  held(view: LockView, clock: WallClock): Reply;
  delayed(delay: Delay, clock: WallClock): Reply;
  renewed(place: OctostorePlace, leaseId: string, clock: WallClock): Reply;
  released(): Reply;
  status(view: LockView, acl: readonly string[] | undefined, clock: WallClock): Reply;
  /** What `GET /locks` tells of each: everybody's locks, or one's own. After `locks` it may say more. */
  readonly list:
    | {
        readonly of: 'all';
        show(view: LockView, clock: WallClock): object;
        end(total: number, prefix?: string): object;
      }
    | { readonly of: 'own'; show(place: OctostorePlace, clock: WallClock): object };
  rotated(rotated: Rotated): Reply;
  health(health: Health): Reply;
  /** @param id Of the request. */
  error(error: ApiError, id: string): Reply;
}

/** What every refusal says in its headers. */
export function errorHeaders({ retryAfter }: ApiError): Record<string, string> {
  return retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfter / 1000)) };
}

/** So that nobody keeps a token. */
export const NO_STORE: Readonly<Record<string, string>> = { 'cache-control': 'no-store', pragma: 'no-cache' };
