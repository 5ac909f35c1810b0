import { Account } from './account.js';

/** Everybody who asks over HTTP, as long as there is something to remember of him. */
export class Accounts {
  private readonly all = new Map<string, Account>();

  /** @param isFew Are they so few that nobody need be forgotten? */
  constructor(private readonly isFew: boolean) {}

  /**
   * His account, made if there is none. Not to be kept beyond a request but by what is in it.
   *
   * @param key Who he is: always the same, over restarts too.
   */
  open(key: string, name: string): Account {
    const known = this.all.get(key);
    if (known !== undefined) return known;
    const account = new Account(key, name);
    this.all.set(key, account);
    return account;
  }

  /** Forgets him, if there is nothing to remember. */
  forgetIdle(account: Account): void {
    if (!this.isFew && account.isIdle) this.all.delete(account.key);
  }
}
