import type { Services } from './services.js';

/** A client says who it is. Whether that is true is looked at when its turn has come, among all who were wrong. */
export class Introduction {
  private takeBack: (() => void) | undefined = undefined;

  /** @param over Called with what came of it. */
  constructor(
    private readonly source: string,
    private readonly services: Pick<Services, 'auth' | 'guesses'>,
    private readonly over: (isRight: boolean) => void,
  ) {}

  /** Is it not answered yet? */
  get isOn(): boolean {
    return this.takeBack !== undefined;
  }

  begin(token: string): void {
    const { auth, guesses } = this.services;
    let isOver = false;
    const takeBack = guesses.look(this.source, () => {
      const isRight = auth === undefined || auth.accepts(token);
      isOver = true;
      this.takeBack = undefined;
      this.over(isRight);
      return isRight;
    });
    if (!isOver) this.takeBack = takeBack;
  }

  /** Nobody wants to know any more. */
  forget(): void {
    this.takeBack?.();
    this.takeBack = undefined;
  }
}
