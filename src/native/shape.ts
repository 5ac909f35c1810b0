import { isObject } from '../values/is-object.js';

/** Is it what belongs there? */
export type Check = (value: unknown) => boolean;

/** A check, for a field that may be missing. */
export interface Optional {
  readonly ifThere: Check;
}

/** The fields of an object, and what belongs in each. */
export class Shape {
  private readonly fields = new Map<string, Check>();
  private readonly required: readonly string[];

  /** @param isOpen May there be other fields? */
  constructor(
    fields: Readonly<Record<string, Check | Optional>>,
    private readonly isOpen = false,
  ) {
    for (const [name, field] of Object.entries(fields)) {
      this.fields.set(name, typeof field === 'function' ? field : field.ifThere);
    }
    this.required = Object.keys(fields).filter((name) => typeof fields[name] === 'function');
  }

  /** What is wrong with it: the name of a field. `undefined`: nothing. */
  problemOf(value: object): string | undefined {
    for (const name of this.required) if (!Object.hasOwn(value, name)) return name;
    for (const name in value) {
      const check = this.fields.get(name);
      if (check === undefined ? !this.isOpen : !check((value as Record<string, unknown>)[name])) return name;
    }
    return undefined;
  }
}

export function optional(ifThere: Check): Optional {
  return { ifThere };
}

export const isBoolean: Check = (value) => typeof value === 'boolean';

export function integer(min: number, max: number): Check {
  return (value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

export function oneOf(...values: readonly string[]): Check {
  return (value) => values.includes(value as string);
}

/** @param max In characters, of which each is one code point. */
export function text(min: number, max: number): Check {
  return (value) => {
    if (typeof value !== 'string' || value.length < min) return false;
    if (value.length <= max) return true;
    return value.length <= 2 * max && Array.from(value).length <= max;
  };
}

export function list(min: number, max: number, check: Check): Check {
  return (value) => Array.isArray(value) && value.length >= min && value.length <= max && value.every(check);
}

export function record(shape: Shape): Check {
  return (value) => isObject(value) && shape.problemOf(value) === undefined;
}
