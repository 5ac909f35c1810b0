/** What a table tells about a name. */
export interface TableStatus {
  readonly name: string;
  /** How many may hold it: 1 for a lock. */
  readonly limit: number;
  /** How many hold it. */
  readonly holders: number;
  readonly waiters: number;
  /** Of the one who has held it longest, as are all that follow. */
  readonly holder: string | undefined;
  readonly metadata: string | undefined;
  readonly fencingToken: bigint | undefined;
  /** Milliseconds until it ends, unless it is renewed. */
  readonly expiresIn: number | undefined;
}
