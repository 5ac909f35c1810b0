/** The last line of a request: what is absent is left out. */
export function words(...all: readonly (number | undefined)[]): string {
  return all.filter((word) => word !== undefined).join(' ');
}
