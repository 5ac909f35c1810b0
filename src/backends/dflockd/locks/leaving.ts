import { waitLine } from '../wire/commands.js';
import { Placed } from './placed.js';

/** Leaves the queue before the wait. */
export class Leaving extends Placed {
  start(): void {
    const { kind, key } = this.asker.wanted;
    this.connection.send(this, waitLine(kind, key, 0));
  }

  protected ended(): void {
    // A grant that came first is given back.
  }
}
