/** Where Redis's server is; `undefined` if it is nowhere. */
export function findRedis(): string | undefined;

/**
 * Installs Redis's server where it is missing.
 *
 * @returns Where it is.
 */
export function installRedis(): string;
