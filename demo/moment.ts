import type { Lease, LocksEvent } from 'rxlock';

/** Something that happened to one contender, as the demo shows it. */
export interface Moment {
  /** Milliseconds since the demo began. */
  readonly at: number;
  readonly who: string;
  readonly what: What;
  readonly lease?: Lease<bigint>;
  /** Of a write: the token that came with it. */
  readonly token?: bigint;
  /** Of a wait: why the service could not be asked. */
  readonly cause?: unknown;
  readonly note?: string;
}

export type What =
  | 'waiting'
  | 'acquired'
  | 'renewed'
  | 'uncertain'
  | 'lost'
  | 'released'
  /** The network of a contender fails, and works again. */
  | 'cut'
  | 'mended'
  /** The ledger took a write, or refused it for its old token. */
  | 'written'
  | 'refused';

/** What `locks.events$` says, in the demo's words; undefined for what it does not show. */
export function momentOf(who: string, at: number, event: LocksEvent<bigint>): Moment | undefined {
  switch (event.type) {
    case 'waiting':
      return event.cause === undefined
        ? { at, who, what: 'waiting', note: 'somebody has it' }
        : { at, who, what: 'waiting', note: 'the service is out of reach', cause: event.cause };
    case 'acquired':
      return {
        at,
        who,
        what: 'acquired',
        lease: event.lease,
        note: `with fencing token #${event.lease.fencingToken.toString()}`,
      };
    case 'renewed':
      return { at, who, what: 'renewed', lease: event.lease };
    case 'uncertain':
      return {
        at,
        who,
        what: 'uncertain',
        lease: event.lease,
        note: `no answer; still held for ${seconds(event.remaining)} at most`,
      };
    case 'lost':
      return {
        at,
        who,
        what: 'lost',
        lease: event.lease,
        note: `${event.reason}: stops work before anybody else can start`,
      };
    case 'released':
      return { at, who, what: 'released', lease: event.lease, note: `after ${seconds(event.held)}` };
    default:
      return undefined;
  }
}

/** Is it more than the daily round? */
export function isNews({ what }: Moment): boolean {
  return what !== 'renewed' && what !== 'written';
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
