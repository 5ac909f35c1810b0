import { isObject } from '../../../values/is-object.js';
import { isUtf8 } from 'node:buffer';
import type { Call } from './call.js';
import { unreadable } from './unreadable.js';
import { readUuid } from './uuid.js';

const JSON_TYPE = /^application\/(?:json|[^;\s]+\+json)\s*(?:;|$)/i;
/** Half a character. */
const LONE = /\p{Surrogate}/u;
const MAX_COUNT = 2 ** 32 - 1;

/** The fields of a body in JSON. What a client may leave out may be null as well; what is not known is passed over. */
export class Fields {
  /** @param values What came out of `JSON.parse`: of any type. */
  private constructor(private readonly values: Readonly<Record<string, unknown>>) {}

  /**
   * @param isStrict Must the client say that it is JSON?
   * @throws ApiError if it is none.
   */
  static of(call: Call, isStrict: boolean): Fields {
    if (isStrict && !JSON_TYPE.test(call.headers['content-type'] ?? '')) throw unreadable(415);
    const parsed = parse(call.body);
    if (!isObject(parsed)) throw unreadable(422);
    return new Fields(parsed as Record<string, unknown>);
  }

  text(field: string): string {
    return this.optionalText(field) ?? missing();
  }

  optionalText(field: string): string | undefined {
    const value = this.get(field);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw unreadable(422);
    if (LONE.test(value)) throw unreadable(400);
    return value;
  }

  /** A whole number of 32 bits. */
  optionalCount(field: string): number | undefined {
    const value = this.get(field);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > MAX_COUNT) throw unreadable(422);
    return value;
  }

  optionalFlag(field: string): boolean | undefined {
    const value = this.get(field);
    if (value === undefined || typeof value === 'boolean') return value;
    throw unreadable(422);
  }

  uuid(field: string): string {
    return this.optionalUuid(field) ?? missing();
  }

  optionalUuid(field: string): string | undefined {
    const value = this.optionalText(field);
    if (value === undefined) return undefined;
    return readUuid(value) ?? missing();
  }

  /** A list of texts within an object: `{ "acl": { "acquire": ["…"] } }`. */
  optionalTexts(field: string, inner: string): readonly string[] | undefined {
    const value = this.get(field);
    if (value === undefined) return undefined;
    const list: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, inner) : undefined;
    if (!Array.isArray(list) || !list.every((one): one is string => typeof one === 'string')) throw unreadable(422);
    if (list.some((one) => LONE.test(one))) throw unreadable(400);
    return list;
  }

  private get(field: string): unknown {
    return Object.hasOwn(this.values, field) ? (this.values[field] ?? undefined) : undefined;
  }
}

function parse(body: Buffer): unknown {
  if (!isUtf8(body)) throw unreadable(400);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw unreadable(400);
  }
}

function missing(): never {
  throw unreadable(422);
}
