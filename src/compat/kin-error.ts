import { LockError as RootError, type LockErrorCode, type LockErrorOptions } from '../contract/errors.js';

const BRANDS = Symbol.for('rxlock.error');
/** What stands before the names of a drop-in's errors in their brands, because those of the root are the same. */
const SPACE = /^.*\//;

export interface KinErrorOptions extends LockErrorOptions {
  /** The error of rxlock's own family that this one stands for. */
  readonly root?: RootError | undefined;
}

/**
 * An error that a document describes, and one of rxlock's own family as well, so that one `catch` serves both: a class
 * of a drop-in client is told by its brand, `'octostore/LockHeldError'`, and by that of its kin, `'LockHeldError'`.
 */
export abstract class KinError extends RootError {
  /** The class of the root that it is one of. */
  protected static readonly kin: readonly [brand: string, code: LockErrorCode, retryable: boolean] = [
    'LockError',
    'ERR_LOCK',
    false,
  ];

  override readonly code: LockErrorCode;
  override readonly retryable: boolean;
  readonly #kin: readonly string[];

  constructor(message: string, options: KinErrorOptions = {}) {
    super(message, options);
    const { root } = options;
    const [brand, code, retryable] = (this.constructor as typeof KinError).kin;
    this.code = root?.code ?? code;
    this.retryable = root?.retryable ?? retryable;
    this.#kin = root === undefined ? [brand] : [brand, root.name];
  }

  override get name(): string {
    return (this.constructor as typeof KinError).brand.replace(SPACE, '');
  }

  /** @internal */
  get [BRANDS](): readonly string[] {
    const [brand] = (this.constructor as typeof KinError).kin;
    // What stands for an error, a proxy or what was made from it, has nothing that is private to it.
    const kin = #kin in this ? this.#kin : [brand];
    return [...(Reflect.get(RootError.prototype, BRANDS, this) as readonly string[]), ...kin];
  }
}
