import { randomBytes } from 'node:crypto';
import type { Grant } from '../../../contract/backend.js';

/** What a lock's keys are to hold: drawn anew for each round, so that what is given back of one is never another's. */
export class Stake implements Grant {
  readonly #value: string;

  constructor(
    readonly resources: readonly string[],
    value = randomBytes(16).toString('hex'),
  ) {
    this.#value = value;
  }

  get name(): string {
    return this.resources.join(' ');
  }

  /** A secret. */
  get value(): string {
    return this.#value;
  }
}
