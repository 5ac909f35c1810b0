import { LockAuthenticationError, LockConfigError } from '../../../contract/errors.js';

/** A bearer token, or where to get it: called at the first request, and again when the service refuses what it gave. */
export type TokenOption = string | (() => string | Promise<string>);

/** What an HTTP header can carry without being quoted. */
const FORM = /^[\x21-\x7e]+$/;

/** When a token is asked for, and how long the asker waits for it. Milliseconds. */
export interface Asked {
  /** On `clock.elapsed`. */
  readonly at: number;
  readonly within: number;
}

/** The function is under way. */
interface Reading {
  readonly since: number;
  readonly token: Promise<string>;
}

/** Keeps the token, out of sight of anything that prints. */
export class TokenSource {
  readonly #read: (() => string | Promise<string>) | undefined;
  #token: string | undefined;
  #reading: Reading | undefined;

  /** @throws LockConfigError for a token that no header can carry. */
  constructor(option: TokenOption) {
    if (typeof option === 'function') {
      this.#read = option;
    } else {
      if (typeof option !== 'string') {
        throw new LockConfigError('token is neither a string nor a function', { option: 'token' });
      }
      if (!FORM.test(option)) {
        throw new LockConfigError('token is empty, or has a character that an HTTP header cannot contain', {
          option: 'token',
        });
      }
      this.#token = option;
    }
  }

  /** @throws LockAuthenticationError if the function fails. */
  get(asked: Asked): string | Promise<string> {
    return this.#token ?? this.#ask(asked);
  }

  /**
   * Asks again after the service refused a token.
   *
   * @param refused The one that was refused: if another has come since, that is the answer.
   * @returns `undefined` if there is no other token.
   */
  async next(refused: string, asked: Asked): Promise<string | undefined> {
    if (this.#token === refused && this.#read !== undefined) this.#token = undefined;
    const token = await this.get(asked);
    return token === refused ? undefined : token;
  }

  /** One call serves all who ask meanwhile, but one that has kept somebody waiting in vain is followed by another: it may never end. */
  #ask({ at, within }: Asked): Promise<string> {
    if (this.#reading !== undefined && at - this.#reading.since < within) return this.#reading.token;
    const token = this.#call().finally(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    const reading = { since: at, token };
    this.#reading = reading;
    return token;
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
        'the token could not be read: its function returned something that is not a string, or has characters that a header cannot contain',
      );
    }
    // What comes late is better than none, and worse than what a later call gave.
    return (this.#token ??= token);
  }
}
