/** When a table begins to grant: what was granted before it was made may still be believed in. */
export class Opening {
  private isOver: boolean;

  /** @param at When, on the table's clock. */
  constructor(private readonly at: number) {
    this.isOver = at === -Infinity;
  }

  /** When it is, if it is still to come. Infinity: it was. */
  get due(): number {
    return this.isOver ? Infinity : this.at;
  }

  /** May nobody be granted anything yet? */
  isShut(now: number): boolean {
    return !this.isOver && now < this.at;
  }

  /** @returns Is this the first time that anybody sees it open? */
  isNew(now: number): boolean {
    if (this.isOver || now < this.at) return false;
    return (this.isOver = true);
  }
}
