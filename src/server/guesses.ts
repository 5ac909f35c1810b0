import type { Principal, Principals } from './principals.js';
import { Turnstile } from './turnstile.js';
import { isUnguessable } from './is-unguessable.js';
import type { Timeouts } from '../values/timeouts.js';

/** What a wrong token costs whoever sent it, over whatever connections. Milliseconds. */
const PRICE = 100;
/** What it costs all together. */
const COMMON_PRICE = 10;
/** So many wrong ones are not waited for: somebody may have mistyped. In what they cost. */
const CREDIT = 1000;
/** So many sources are remembered without a look at whether they need be. */
const MANY = 64;

/**
 * Slows down who guesses tokens: from one source ten a second are looked at once some were wrong, from all of them a
 * hundred. Sources take turns, so who knows the token waits for those only who guess where he is; and whose token nobody can guess waits for nobody.
 */
export class Guesses {
  private readonly sources = new Map<string, Turnstile>();
  private readonly all: Turnstile;

  constructor(private readonly timeouts: Timeouts) {
    this.all = new Turnstile(timeouts, CREDIT);
  }

  /**
   * Has a token looked at: at once if it is right and nobody can guess it; else when its turn has come, so that nobody learns sooner whether it is.
   *
   * @param source Where it came from.
   * @param principals Who looks at it. What is thrown is thrown on, and counts as a wrong one.
   * @param seen Called with whose it is; `undefined`: nobody's.
   * @returns Takes it back.
   */
  look(
    source: string,
    token: string,
    principals: Pick<Principals, 'identify'>,
    seen: (principal: Principal | undefined) => void,
  ): () => void {
    const sure = isUnguessable(token) ? principals.identify(token) : undefined;
    if (sure !== undefined) {
      seen(sure);
      return nothing;
    }
    const turnstile = this.turnstileOf(source);
    let isWanted = true;
    const job = (paid: (cost: number) => void): void => {
      this.all.enter((paidByAll) => {
        // A look that fails is paid for like a wrong token: the next one has his turn all the same.
        let isWrong = true;
        try {
          const principal = isWanted ? principals.identify(token) : undefined;
          const isToPay = isWanted && principal === undefined;
          if (isWanted) seen(principal);
          isWrong = isToPay;
        } finally {
          paidByAll(isWrong ? COMMON_PRICE : 0);
          paid(isWrong ? PRICE : 0);
        }
      });
    };
    turnstile.enter(job);
    return () => {
      isWanted = false;
      turnstile.leave(job);
    };
  }

  private turnstileOf(source: string): Turnstile {
    const known = this.sources.get(source);
    if (known !== undefined) return known;
    if (this.sources.size >= MANY) {
      for (const [one, turnstile] of this.sources) if (turnstile.isIdle) this.sources.delete(one);
    }
    const turnstile = new Turnstile(this.timeouts, CREDIT);
    this.sources.set(source, turnstile);
    return turnstile;
  }
}

function nothing(): void {
  // There is nothing to take back.
}
