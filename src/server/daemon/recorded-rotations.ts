import type { Records } from '../records.js';
import type { Rotation, Rotations } from '../token-principals.js';

/** Whose notes they are. */
const OWNER = 'principals';

/** Keeps which tokens were rotated with what else a server keeps. */
export class RecordedRotations implements Rotations {
  readonly all: readonly Rotation[];

  constructor(private readonly records: Records) {
    this.all = [...records.notes(OWNER).values()] as Rotation[];
  }

  put(rotation: Rotation): void {
    this.records.put(OWNER, rotation.name, rotation);
  }

  delete(name: string): void {
    this.records.delete(OWNER, name);
  }
}
