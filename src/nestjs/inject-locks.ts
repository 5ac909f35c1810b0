import { Inject } from '@nestjs/common';
import { getLocksToken } from './get-locks-token.js';

/**
 * Injects a module's `Locks` into a parameter of a constructor, or a property. For the only module, the type `Locks` is enough.
 *
 * @param name Of `LocksModule.forRoot({ name })`.
 *
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { Locks } from 'rxlock';
 * import { InjectLocks } from 'rxlock/nestjs';
 *
 * @Injectable()
 * class Audit {
 *   constructor(@InjectLocks('audit') readonly locks: Locks) {}
 * }
 * console.log(Audit.name);
 * ```
 */
export function InjectLocks(name?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getLocksToken(name));
}
