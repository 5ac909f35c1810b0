import {
  LockAuthenticationError,
  LockCapacityError,
  LockClosedError,
  LockConfigError,
  LockError,
  LockHeldError,
  LockLostError,
  LockNetworkError,
  LockTimeoutError,
  LockUnsupportedError,
  LockValidationError,
} from '../../contract/errors.js';

/** Makes an error of the family. Each takes what its class knows of the fields, and leaves the others. */
type Maker = new (message: string, fields: Readonly<Record<string, unknown>>) => LockError;

/** The base last: it is what all others are as well. */
const FAMILY = [
  LockHeldError,
  LockTimeoutError,
  LockAuthenticationError,
  LockValidationError,
  LockNetworkError,
  LockLostError,
  LockCapacityError,
  LockClosedError,
  LockUnsupportedError,
  LockConfigError,
  LockError,
] as readonly (Maker & typeof LockError)[];

/** Causes of causes that are carried. */
const DEPTH = 8;

/** An error as it goes from one thread to another. What else it may have in it, nobody knows, and it stays behind. */
export type CarriedError =
  | {
      readonly kind: 'lock';
      readonly brand: string;
      readonly message: string;
      readonly fields: object;
      readonly cause?: CarriedError;
    }
  | {
      readonly kind: 'error';
      readonly name: string;
      readonly message: string;
      readonly code?: string | number;
      readonly cause?: CarriedError;
    }
  | { readonly kind: 'plain'; readonly value: string | number | boolean };

/** Takes an error to pieces that can be sent; `undefined` for what says nothing that may be shown. */
export function packError(error: unknown, depth = DEPTH): CarriedError | undefined {
  if (typeof error === 'string' || typeof error === 'number' || typeof error === 'boolean') {
    return { kind: 'plain', value: error };
  }
  if (!(error instanceof Error) || depth === 0) return undefined;
  const { name, message, cause: deeper } = error;
  const carried = packError(deeper, depth - 1);
  const cause = carried === undefined ? {} : { cause: carried };
  const kin = FAMILY.find((one) => error instanceof one);
  if (kin !== undefined) {
    return { kind: 'lock', brand: kin.brand, message, fields: fieldsOf(error as LockError), ...cause };
  }
  const { code } = error as { readonly code?: unknown };
  const known = typeof code === 'string' || typeof code === 'number' ? { code } : {};
  return { kind: 'error', name, message, ...known, ...cause };
}

/** Makes it anew: of the same class, with the same fields. */
export function unpackError(carried: CarriedError | undefined): unknown {
  if (carried === undefined) return undefined;
  if (carried.kind === 'plain') return carried.value;
  const { message } = carried;
  const cause = carried.cause === undefined ? {} : { cause: unpackError(carried.cause) };
  if (carried.kind === 'lock') {
    const kin = FAMILY.find(({ brand }) => brand === carried.brand) ?? LockError;
    return new (kin as Maker)(message, { ...carried.fields, ...cause });
  }
  const error = Object.assign(new Error(message, cause), carried.code === undefined ? {} : { code: carried.code });
  // As its class has it: no field of its own that would be printed.
  Object.defineProperty(error, 'name', { value: carried.name, configurable: true, writable: true });
  return error;
}

/** By the names under which a class takes them. */
function fieldsOf(error: LockError): Readonly<Record<string, unknown>> {
  const { code: _code, lockName, ...fields } = error as unknown as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries({ ...fields, name: lockName }).filter(
      ([, value]) => value instanceof Date || (typeof value !== 'object' && typeof value !== 'function'),
    ),
  );
}
