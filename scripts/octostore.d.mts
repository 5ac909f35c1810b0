/** Where the OctoStore server is; `undefined` if it is nowhere. */
export function findOctoStore(): string | undefined;

/**
 * Installs the OctoStore server where it is missing.
 *
 * @returns Where it is.
 */
export function installOctoStore(): string;
