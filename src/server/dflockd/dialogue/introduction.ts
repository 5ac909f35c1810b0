import type { Principal } from '../../principals.js';
import type { Services } from './services.js';

/** A client says who it is. Whether that is true is looked at when its turn has come, among all who were wrong. */
export class Introduction {
  private takeBack: (() => void) | undefined = undefined;

  /** @param over Called with who it is; undefined: nobody who may. */
  constructor(
    private readonly source: string,
    private readonly services: Pick<Services, 'principals' | 'guesses'>,
    private readonly over: (principal: Principal | undefined) => void,
  ) {}

  /** Is it not answered yet? */
  get isOn(): boolean {
    return this.takeBack !== undefined;
  }

  /** @param token Each character is one byte. */
  begin(token: string): void {
    const { principals, guesses } = this.services;
    let isOver = false;
    const text = Buffer.from(token, 'latin1').toString('utf8');
    const takeBack = guesses.look(this.source, text, principals, (principal) => {
      isOver = true;
      this.takeBack = undefined;
      this.over(principal);
    });
    if (!isOver) this.takeBack = takeBack;
  }

  /** Nobody wants to know any more. */
  forget(): void {
    this.takeBack?.();
    this.takeBack = undefined;
  }
}
