const HEX = 16;
const CLIENT_BYTES = 8;
/** Of its number within a client, which is written with digits and letters: enough for a year of 80,000 attempts a second. */
const NUMBER_LENGTH = 8;
const NUMBER_RADIX = 36;

/** Makes owners: one for each attempt, and never the same, whoever else makes some. An owner is a secret. */
export class Owners {
  /** Each owner begins with it. */
  readonly client: string;

  /** @param last How many it has made. */
  constructor(private last = 0) {
    const bytes = crypto.getRandomValues(new Uint8Array(CLIENT_BYTES));
    this.client = Array.from(bytes, (byte) => byte.toString(HEX).padStart(2, '0')).join('');
  }

  next(): string {
    return this.client + (++this.last).toString(NUMBER_RADIX).padStart(NUMBER_LENGTH, '0');
  }
}
