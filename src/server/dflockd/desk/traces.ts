/** How many names clients have left a trace of that may never ask again: bounded for each, and for all together. */
export class Traces {
  size = 0;

  /** @param max Of all together. */
  constructor(readonly max: number) {}
}
