const HEX = 16;
const CLIENT_BYTES = 8;
const NUMBER_LENGTH = 8;

/** Makes owners: one for each attempt, and never the same, whoever else makes some. An owner is a secret. */
export class Owners {
  /** Each owner begins with it. */
  readonly client: string;
  private last = 0;

  constructor() {
    const bytes = crypto.getRandomValues(new Uint8Array(CLIENT_BYTES));
    this.client = Array.from(bytes, (byte) => byte.toString(HEX).padStart(2, '0')).join('');
  }

  next(): string {
    return this.client + (++this.last).toString(HEX).padStart(NUMBER_LENGTH, '0');
  }
}
