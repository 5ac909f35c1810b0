import { Inject } from '@nestjs/common';
import { LockConfigError } from '../contract/errors.js';
import type { Locks } from '../contract/locks.js';
import { getLocksToken } from './get-locks-token.js';

/** The property in which Nest puts the locks. Where it has none to put there, it shows this name, and so what to do. */
function slotOf(name: string | undefined): symbol {
  const named = name === undefined ? '' : `{ name: '${name}' }`;
  return Symbol.for(`Locks: import LocksModule.forRoot(${named}) of rxlock/nestjs`);
}

/**
 * Lets Nest give a module's `Locks` to each object of a class, and of the classes that inherit from it. Two applications in one
 * process each have their own.
 *
 * @param target The prototype of the class.
 * @param title Of the method that needs it, for the error.
 * @returns Reads it from such an object; throws LockConfigError if Nest has not made that.
 */
export function injectedLocks(target: object, title: string, name: string | undefined): (self: unknown) => Locks {
  const slot = slotOf(name);
  hideWhenSet(target, slot);
  (Inject(getLocksToken(name)) as PropertyDecorator)(target, slot);
  return (self) => {
    const locks = (self as Readonly<Record<symbol, Locks | undefined>> | undefined)?.[slot];
    if (locks !== undefined) return locks;
    throw new LockConfigError(
      `${title} is @Locked and its object has no Locks, as Nest has not made it: list the class itself in the providers or controllers of a module (no useFactory, no useValue, no \`new\`), import LocksModule.forRoot(…) in the application's root module, and call the method on that object`,
    );
  };
}

/** What Nest puts there is not seen when the object is printed, compared or copied. */
function hideWhenSet(prototype: object, slot: symbol): void {
  Object.defineProperty(prototype, slot, {
    configurable: true,
    set(this: object, value: Locks) {
      Object.defineProperty(this, slot, { value, configurable: true, writable: true });
    },
  });
}
