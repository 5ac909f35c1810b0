/** What is to be written at the end of a turn. */
export interface Written {
  flush(): void;
}

/** One go of a server's work: whoever is told something in it is told all of it at once, at its end. */
export class Turn {
  private readonly told = new Set<Written>();
  private isOn = false;

  /** @param relieve Called when all is written. @returns Was anything done that is to be told? */
  constructor(private readonly relieve: () => boolean = () => false) {}

  /** Does what may tell clients something. */
  run(work: () => void): void {
    if (this.isOn) {
      work();
      return;
    }
    this.isOn = true;
    try {
      work();
      do {
        // Writing may bring about that more is told.
        for (const outbox of this.told) {
          this.told.delete(outbox);
          outbox.flush();
        }
      } while (this.relieve());
    } finally {
      this.isOn = false;
    }
  }

  /** There is something to be written; now, if nothing else is going on. */
  add(outbox: Written): void {
    if (this.isOn) this.told.add(outbox);
    else outbox.flush();
  }
}
