import type { Timeout } from '../values/timeouts.js';

/** A timeout that calls a function. */
export class Ringer implements Timeout {
  due = Infinity;
  position = -1;

  constructor(readonly ring: () => void) {}
}
