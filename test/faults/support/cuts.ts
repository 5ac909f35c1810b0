import type { FaultProxy } from '../../support/proxy.js';
import { TTL } from './scene.js';

/** Something that happens to a row's stage, or to what is between its holder and the server. */
export type Cut<S> = readonly [title: string, cut: (stage: S) => unknown];

interface Wired {
  readonly wire: FaultProxy;
}

/** Nothing is heard any more, and nobody says so. */
export const SILENCES: readonly Cut<Wired>[] = [
  ['blackhole, both ways', ({ wire }) => wire.blackhole()],
  ['blackhole, requests only', ({ wire }) => wire.blackhole('requests')],
  ['blackhole, replies only', ({ wire }) => wire.blackhole('replies')],
];

/** After these nothing is heard any more in time. */
export const CUTS: readonly Cut<Wired>[] = [
  ...SILENCES,
  ['connections reset, then refused', ({ wire }) => wire.refuse()],
  ['everything late by more than the ttl', ({ wire }) => wire.delay(2 * TTL)],
];
