import { TokenSource } from '../../../backends/octostore/wire/token-source.js';

/** A token that this client itself replaces. */
export class RotatingToken extends TokenSource {
  #token: string;
  /** Resolves when a rotation that is under way has ended, one way or another. */
  #rotation: Promise<unknown> | undefined;

  /** @throws LockConfigError for a token that no header can carry. */
  constructor(token: string) {
    super(token);
    this.#token = token;
  }

  override get(): string {
    return this.#token;
  }

  /** The token once no rotation is under way: what is read meanwhile may be dead already. */
  async settled(): Promise<string> {
    while (this.#rotation !== undefined) await this.#rotation;
    return this.#token;
  }

  /** A token that was refused while it was being replaced was refused for that. */
  override async next(refused: string): Promise<string | undefined> {
    const token = await this.settled();
    return token === refused ? undefined : token;
  }

  /** Runs rotations one after the other: the second needs what the first gave. */
  async rotate<T extends { readonly token: string }>(ask: (token: string) => Promise<T>): Promise<T> {
    const before = this.#rotation ?? Promise.resolve();
    const asking = before.then(() => ask(this.#token));
    const rotation = asking.then(
      ({ token }) => {
        this.#token = token;
      },
      () => undefined,
    );
    this.#rotation = rotation;
    await rotation;
    if (this.#rotation === rotation) this.#rotation = undefined;
    return asking;
  }
}
