/** Where Chromium is; `undefined` if it is nowhere. */
export function findChromium(): string | undefined;

/**
 * Installs Chromium where it is missing.
 *
 * @returns Where it is.
 */
export function installChromium(): string;
