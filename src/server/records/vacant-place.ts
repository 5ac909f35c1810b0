import { Place, type Ask, type Owner } from '../../table/place.js';

const NOBODY: Owner = {
  isNobody: true,
  ended() {
    // There is nobody to be told.
  },
};

/** The place of somebody who was there before a start, and of whom no front knows any more: it runs out. */
export class VacantPlace extends Place {
  constructor(ask: Ask) {
    super(ask, NOBODY);
  }

  granted(): void {
    // It was.
  }
}
