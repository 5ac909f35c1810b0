/** What a table tells about a name. */
export interface TableStatus {
  readonly name: string;
  /** How many permits there are: 1 for a lock, whoever shares it. */
  readonly limit: number;
  /** How a lock is held. */
  readonly mode: 'shared' | 'exclusive' | undefined;
  /** How many hold it. */
  readonly holders: number;
  /** How many permits of a semaphore they have. */
  readonly permits: number | undefined;
  readonly waiters: number;
  /** Of the one who has held it longest, as are all that follow. */
  readonly holder: string | undefined;
  readonly metadata: string | undefined;
  readonly fencingToken: bigint | undefined;
  /** Milliseconds until it ends, unless it is renewed; if nobody has it, until anybody is given it, in a table that does not grant yet. */
  readonly expiresIn: number | undefined;
}
