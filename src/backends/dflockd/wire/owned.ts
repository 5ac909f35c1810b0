/** Something that lives as long as its connection: a lock. */
export interface Owned {
  /** When it is over on the server at the latest, on `clock.elapsed`. */
  readonly endsAt: number;
  isOver: boolean;
}
