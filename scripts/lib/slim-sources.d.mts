/**
 * What the build makes of the sources.
 *
 * @param entries The paths of the sources whose exports users get.
 * @returns From the path of each source to its new text.
 */
export function slimSources(entries: readonly string[]): ReadonlyMap<string, string>;
