/** Where a server of a Cluster sends somebody on to. */
export class Redirection {
  private constructor(
    readonly slot: number,
    /** `host:port`. */
    readonly address: string,
    /** Only for this one command, while the slot is on its way. */
    readonly isAsking: boolean,
  ) {}

  /** @returns Undefined if the error is none. */
  static read(error: unknown): Redirection | undefined {
    const [, kind, slot, address] = /^(MOVED|ASK) (\d+) (\S+)/.exec((error as Error).message) ?? [];
    return address === undefined ? undefined : new Redirection(Number(slot), address, kind === 'ASK');
  }
}
