import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv, type ValidateFunction } from 'ajv';
import fc, { type Arbitrary } from 'fast-check';

const PAGE = readFileSync(fileURLToPath(new URL('../../../docs/protocol.md', import.meta.url)), 'utf8');

/** As much of JSON Schema as the page uses. */
interface Schema {
  readonly $ref?: string;
  readonly type?: 'integer' | 'string' | 'boolean' | 'array' | 'object';
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

const [, text = ''] = /## The schema[^]*?```json\n([^]*?)```/.exec(PAGE) ?? [];
/** The schema of `docs/protocol.md`. */
const SCHEMA = JSON.parse(text) as Schema;
const ajv = new Ajv({ schemas: [{ ...SCHEMA, $id: 'page' }] });

/** What the page's schema says of a frame. */
export function validatorOf(frame: 'clientFrame' | 'serverFrame'): ValidateFunction {
  return ajv.compile({ $ref: `page#/definitions/${frame}` });
}

/** The types of messages of one side. */
export function typesOf(side: 'client' | 'server'): string[] {
  return Object.keys(SCHEMA.definitions?.[side]?.definitions ?? {});
}

/** Messages of one type, or of any, as the page's schema has them. */
export function messages(side: 'client' | 'server', type?: string): Arbitrary<unknown> {
  const types = type === undefined ? typesOf(side) : [type];
  return fc.oneof(...types.map((one) => arbitraryOf({ $ref: `#/definitions/${side}/definitions/${one}` })));
}

function resolve(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const path = schema.$ref.slice(2).split('/');
  return resolve(path.reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], SCHEMA) as Schema);
}

function arbitraryOf(given: Schema): Arbitrary<unknown> {
  const schema = resolve(given);
  const { minimum, maximum, minLength, maxLength = 20, minItems, maxItems = 5 } = schema;
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'integer':
      return integers(minimum ?? 0, maximum ?? 0);
    case 'string':
      return fc.string({
        unit: 'binary',
        minLength: minLength ?? 0,
        maxLength,
        ...(maxLength > 1000 ? { size: 'small' } : {}),
      });
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(arbitraryOf(schema.items ?? {}), { minLength: minItems ?? 0, maxLength: Math.min(maxItems, 20) });
    case 'object': {
      const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => [name, arbitraryOf(field)]);
      return fc.record(Object.fromEntries(fields) as Record<string, Arbitrary<unknown>>, {
        requiredKeys: [...(schema.required ?? [])],
      });
    }
    default:
      throw new Error(`the test does not know what ${JSON.stringify(schema)} means`);
  }
}

/** Small ones and the ends of the range above all. */
function integers(min: number, max: number): Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min, max: Math.min(max, min + 9) }),
    fc.constantFrom(min, max),
    fc.integer({ min, max }),
  );
}
