/** Remembers what it is made with. */
class Maker {
  constructor(readonly options: unknown) {}
}

/**
 * The options that a client of node-redis was made with, where it does not show them: `duplicate()` hands them to whatever the
 * client was made by, and here that is a class which only keeps them.
 *
 * @returns Nothing where a version does it otherwise.
 */
export function madeWith(client: object): Readonly<Record<string, unknown>> {
  const { duplicate, _self = client } = client as { duplicate?: () => unknown; _self?: object };
  try {
    const made = duplicate?.call(Object.assign(Object.create({ constructor: Maker }) as object, { _self }));
    return { ...((made as Maker).options as object) };
  } catch {
    return {};
  }
}
