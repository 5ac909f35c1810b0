/** Who asks, as the tokens name him. One object for each name, for as long as the name has a token. */
export interface Principal {
  readonly name: string;
}

/** Everybody, where nobody is asked for a token. */
export const ANONYMOUS: Principal = Object.freeze({ name: 'anonymous' });

/** Who may ask a server, and how he is known. */
export interface Principals {
  /** Must a client say a token? If not, everybody is `ANONYMOUS`. */
  readonly required: boolean;
  /** Whose token it is, found in a time that tells nothing about any other. */
  identify(token: string): Principal | undefined;
  /** Has he a token still? Who has none any more is to be cut off. A new token for the same name cuts off nobody. */
  has(principal: Principal): boolean;
  /**
   * Gives him another token; those that he had are dead at once. Not to be told before it is stored: see `records.whenStored`.
   *
   * @throws TypeError if he has no token, as where none is required.
   */
  rotate(principal: Principal): string;
  /** He was not told of that token, as it could not be stored: those before it are good again. Nothing happens if he has yet another one. */
  takeBack(principal: Principal, token: string): void;
  /**
   * Calls back after the tokens were read anew.
   *
   * @returns Ends it.
   */
  onChange(listener: () => void): () => void;
}

/** Where no token is required. */
export const ANYBODY: Principals = Object.freeze({
  required: false,
  identify: () => ANONYMOUS,
  has: () => true,
  rotate: () => {
    throw new TypeError('nobody has a token here');
  },
  takeBack: () => undefined,
  onChange: () => () => undefined,
});
