/** Nobody may have a lock for a while. */
export interface Delay {
  /** When it is over, on the monotonic clock. */
  readonly due: number;
  /** For how many seconds it was asked for; 0 if by nobody. */
  readonly seconds: number;
  /** By what its last holder is known. */
  readonly holderId: string | undefined;
}
