import { randomBytes } from 'node:crypto';

const BYTES = 16;
const AT_ONCE = 256;

/** Tokens that nobody can guess: 32 hexadecimal digits. Asking the system for each one would cost more than a lock does. */
export class Tokens {
  private store: Buffer = Buffer.alloc(0);
  private at = 0;

  /** @param random Unpredictable bytes. */
  constructor(private readonly random: (size: number) => Buffer = randomBytes) {}

  next(): string {
    if (this.at === this.store.length) {
      this.store = this.random(BYTES * AT_ONCE);
      this.at = 0;
    }
    return this.store.toString('hex', this.at, (this.at += BYTES));
  }
}
