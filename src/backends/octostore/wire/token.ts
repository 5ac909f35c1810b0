import { LockAuthenticationError, LockConfigError } from '../../../contract/errors.js';

/** A bearer token, or where to get it: called at the first request, and again when the service refuses what it gave. */
export type TokenOption = string | (() => string | Promise<string>);

/** What an HTTP header can carry without being quoted. */
const FORM = /^[\x21-\x7e]+$/;

/** Keeps the token, out of sight of anything that prints. */
export class TokenSource {
  readonly #read: (() => string | Promise<string>) | undefined;
  #token: string | undefined;
  #reading: Promise<string> | undefined;

  /** @throws LockConfigError for a token that no header can carry. */
  constructor(option: TokenOption) {
    if (typeof option === 'function') {
      this.#read = option;
    } else {
      if (typeof option !== 'string') {
        throw new LockConfigError('token is neither a string nor a function', { option: 'token' });
      }
      if (!FORM.test(option)) {
        throw new LockConfigError('token has a character that no HTTP header can carry, or is empty', {
          option: 'token',
        });
      }
      this.#token = option;
    }
  }

  /** @throws LockAuthenticationError if the function fails. */
  get(): string | Promise<string> {
    return this.#token ?? this.#ask();
  }

  /**
   * Asks again after the service refused a token.
   *
   * @param refused The one that was refused: if another has come since, that is the answer.
   * @returns `undefined` if there is no other token.
   */
  async next(refused: string): Promise<string | undefined> {
    if (this.#token === refused && this.#read !== undefined) this.#token = undefined;
    const token = await this.get();
    return token === refused ? undefined : token;
  }

  #ask(): Promise<string> {
    this.#reading ??= this.#call().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #call(): Promise<string> {
    let token: string | undefined;
    try {
      token = await this.#read?.();
    } catch (cause) {
      throw new LockAuthenticationError('the token could not be read: its function failed', { cause });
    }
    if (typeof token !== 'string' || !FORM.test(token)) {
      throw new LockAuthenticationError(
        'the token could not be read: its function gave no string that a header can carry',
      );
    }
    return (this.#token = token);
  }
}
