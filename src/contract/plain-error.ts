type Fields = Readonly<Record<string, unknown>>;

/** What a cause says of itself. It may be anything, with anything in it: nothing else of it is shown. */
export function plainCause(cause: unknown): unknown {
  if (typeof cause === 'string' || typeof cause === 'number' || typeof cause === 'boolean') return cause;
  const { name, message, code } = Object(cause) as Fields;
  if (typeof message !== 'string') return null;
  return {
    ...(typeof name === 'string' ? { name } : {}),
    message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
  };
}

/** The fields of an error, as far as JSON takes them: who derives a class may put anything there, himself included. */
export function plainFields(error: object): Fields {
  return Object.fromEntries(
    Object.entries(error)
      .map(([key, value]: [string, unknown]) => [key, plain(value)] as const)
      .filter(([, value]) => value !== undefined),
  );
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Error) return plainCause(value);
  if (typeof value !== 'object') return value;
  try {
    JSON.stringify(value);
    return value;
  } catch {
    return undefined;
  }
}
