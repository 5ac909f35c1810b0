import { Allowance } from '../../allowance.js';
import type { FrontKit } from '../../front-kit.js';
import type { FrontLog } from '../../front-log.js';
import { sourceOf } from '../../net/source-of.js';
import type { Principal } from '../../principals.js';
import type { Account } from '../desk/account.js';
import type { Accounts } from '../desk/accounts.js';
import { digestTextOf } from '../desk/digest.js';
import { ApiError } from '../wire/api-error.js';
import type { Call } from '../wire/call.js';
import { tooOften } from '../wire/too-often.js';

const BEARER = 'Bearer ';
const SECOND = 1000;
/** So many requests of one connection wait for a look at their tokens; who sends more without an answer is told to wait. */
const AHEAD = 16;
/** Who says no token, where none is needed. */
const NOBODY = 'nobody';

/** Somebody who may ask. */
export interface Guest {
  readonly principal: Principal;
  readonly account: Account;
  readonly token: string | undefined;
}

/** What is known of a connection: what it said last, and who that was. */
interface Visit {
  header: string | undefined;
  principal: Principal;
  key: string;
  /** Tokens were read anew, or changed, so often before that. */
  edition: number;
}

/** Looks at who asks, and how often. */
export class Doorkeeper {
  private readonly visits = new WeakMap<object, Visit>();
  /** Of connections that nothing is known of yet. */
  private readonly strangers = new WeakMap<object, () => void>();
  /** How many requests of a connection wait for a look at their tokens. */
  private readonly waiting = new WeakMap<object, number>();
  private readonly allowances = new WeakMap<object, Allowance>();
  private edition = 0;
  private readonly forgetChange: () => void;

  /** @param onTokensRead Called when the tokens were read anew: who may read a stream may not any more. */
  constructor(
    private readonly kit: FrontKit,
    private readonly log: FrontLog,
    private readonly accounts: Accounts,
    onTokensRead: () => void,
  ) {
    this.forgetChange = kit.principals.onChange(() => {
      this.tokensChanged();
      onTokensRead();
    });
  }

  /** Looks at every token again that was looked at before. */
  tokensChanged(): void {
    this.edition++;
  }

  /** @param welcome Called when it is known who asks over that connection. */
  expect(connection: object, welcome: () => void): void {
    if (!this.visits.has(connection)) this.strangers.set(connection, welcome);
  }

  /**
   * Lets somebody in. A token that was right on this connection is so; another one is looked at when its turn has come, among those who guess.
   *
   * @param refused Called with why he may not.
   */
  enter(call: Call, entered: (guest: Guest) => void, refused: (error: ApiError) => void): void {
    const header = call.headers.authorization;
    const known = this.visits.get(call.connection);
    if (known !== undefined && known.header === header && known.edition === this.edition) {
      this.receive(call, known, entered, refused);
      return;
    }
    const token = tokenIn(header);
    if (!this.kit.principals.required) {
      const key = token === undefined ? NOBODY : `token:${digestTextOf(token)}`;
      const principal = this.kit.principals.identify(token ?? '');
      if (principal === undefined) refused(new ApiError('tokenWrong'));
      else this.receive(call, this.remember(call, header, principal, key), entered, refused);
      return;
    }
    if (token === undefined) {
      refused(new ApiError('tokenMissing', 'Bearer token required'));
      return;
    }
    const { connection } = call;
    const ahead = this.waiting.get(connection) ?? 0;
    if (ahead >= AHEAD) {
      refused(tooOften(SECOND));
      return;
    }
    this.waiting.set(connection, ahead + 1);
    const over = (): void => {
      this.waiting.set(connection, (this.waiting.get(connection) ?? 1) - 1);
    };
    const { guesses, principals } = this.kit;
    const forget = guesses.look(sourceOf(call.address), token, principals, (principal) => {
      over();
      if (principal === undefined) refused(new ApiError('tokenWrong'));
      else this.receive(call, this.remember(call, header, principal, `user:${principal.name}`), entered, refused);
    });
    call.onAbandoned(forget);
  }

  /**
   * Lets somebody ask of whom nothing is known.
   *
   * @throws ApiError if he asks too often.
   */
  admit(call: Call): void {
    this.charge(call.connection);
  }

  close(): void {
    this.forgetChange();
  }

  private receive(
    call: Call,
    { key, principal, header }: Visit,
    entered: (guest: Guest) => void,
    refused: (error: ApiError) => void,
  ): void {
    const account = this.accounts.open(key, principal.name);
    this.kit.core.turn.run(() => {
      try {
        this.charge(this.kit.principals.required ? account : call.connection);
        entered({ account, principal, token: tokenIn(header) });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        refused(error);
      } finally {
        this.accounts.forgetIdle(account);
      }
    });
  }

  private remember(call: Call, header: string | undefined, principal: Principal, key: string): Visit {
    const visit = { header, principal, key, edition: this.edition };
    this.visits.set(call.connection, visit);
    this.log.say('client known', { from: sourceOf(call.address), user: principal.name });
    this.strangers.get(call.connection)?.();
    this.strangers.delete(call.connection);
    return visit;
  }

  private charge(whom: object): void {
    let allowance = this.allowances.get(whom);
    if (allowance === undefined) {
      allowance = new Allowance(this.kit.limits.operationsPerSecond, this.kit.core.now);
      this.allowances.set(whom, allowance);
    }
    if (allowance.take()) return;
    throw tooOften(Math.max(1, Math.ceil(allowance.wait())));
  }
}

function tokenIn(header: string | undefined): string | undefined {
  return header?.startsWith(BEARER) === true ? header.slice(BEARER.length) : undefined;
}
