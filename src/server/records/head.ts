import { CheckSum, digestInto } from './check-sum.js';

/** The key of what is in each batch. */
export const HEAD = 'head';

/** What each batch says of the whole. */
export interface Head {
  /** Of the batch. */
  readonly number: number;
  /** The highest fencing token that was given out. */
  readonly lastToken: number;
  readonly count: number;
  readonly high: number;
  readonly low: number;
}

/** The head as it is written, with a check of its own. */
export function headText(number: number, lastToken: number, { count, high, low }: CheckSum): string {
  const body = [number, lastToken, count, high, low].join(' ');
  return `${body} ${checkOf(body)}`;
}

/** @throws Error saying what is wrong with it. */
export function readHead(text: string): Head {
  const end = text.lastIndexOf(' ');
  const body = text.slice(0, Math.max(0, end));
  if (checkOf(body) !== text.slice(end + 1)) throw new Error('its head is damaged');
  const [number = 0, lastToken = 0, count = 0, high = 0, low = 0] = body.split(' ').map(Number);
  return { number, lastToken, count, high, low };
}

/** The head of a ledger in which nothing was ever written. @param lastToken Of one before it. */
export function firstHead(lastToken = 0): string {
  return headText(0, lastToken, new CheckSum());
}

function checkOf(body: string): string {
  const digest = { high: 0, low: 0 };
  digestInto(digest, HEAD, body);
  return ((digest.high ^ digest.low) >>> 0).toString(16);
}
