/** As much as is used here of what the package `reflect-metadata` adds, which Nest loads. */
interface Metadata {
  getOwnMetadataKeys?(of: object): unknown[];
  getOwnMetadata?(key: unknown, of: object, member?: string | symbol): unknown;
  defineMetadata?(key: unknown, value: unknown, of: object): void;
}

type Method = (...args: never[]) => unknown;

/** Gives a function the name, the length, the properties and the metadata of the one it stands for: other decorators see no difference. */
export function copyLikeness<F extends Method>(copy: F, original: Method): F {
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(original))) {
    if (!['prototype', 'arguments', 'caller'].includes(key)) Object.defineProperty(copy, key, property);
  }
  const metadata: Metadata = Reflect;
  for (const key of metadata.getOwnMetadataKeys?.(original) ?? []) {
    metadata.defineMetadata?.(key, metadata.getOwnMetadata?.(key, original), copy);
  }
  return copy;
}

/** What a method returns, if the compiler wrote it down. */
export function writtenReturnType(target: object, key: string | symbol): unknown {
  const metadata: Metadata = Reflect;
  return metadata.getOwnMetadata?.('design:returntype', target, key);
}
